"""What `ivy review` and `ivy feedback` share: things that a human reads, answers and closes. May import: frame, moments, errors."""

from datetime import datetime

from ivy.cli import frame
from ivy.cli.moments import shown
from ivy.errors import UsageError


def state(closed_at: datetime | None, closed_by: str) -> str:
    """Say whether something is open still, or who closed it and when."""
    return "open" if closed_at is None else f"closed {shown(closed_at)} by {closed_by}"


def say_how(command: str, user_id: str, thing_id: str) -> None:
    """Say, beside the answer, how to answer the person and then close the thing."""
    frame.note(f'Answer with `ivy users say {user_id} "..."`, then `ivy {command} close {thing_id} --note "..."`.')


def said(note: str, missing: str) -> str:
    """Return a note without the space around it. Raises: UsageError, saying what is `missing`, for an empty one."""
    if not note.strip():
        raise UsageError(missing)
    return note.strip()
