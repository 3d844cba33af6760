"""Files that are to be fetched yet, and the jobs that bring them. May import: scope."""

from ivy.store.scope import Scope


def job_key(message_id: str) -> str:
    """Return the key of the job that brings a message's file here."""
    return f"media:{message_id}"


def unspoken(scope: Scope) -> list[str]:
    """Return the messages whose files are to be fetched yet, but recordings: those are the person's very words."""
    rows = scope.execute(
        "SELECT message_id FROM media WHERE user_id = :user AND direction = 'in' AND state = 'wanted' AND type <> 'audio'"
    )
    return [row["message_id"] for row in rows]
