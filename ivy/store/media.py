"""Whose each file is, what it proved to be and what was heard in it; the files themselves are in `files`.

May import: scope, the domain. A file goes when its last row lets go of it: people forward the same picture to each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ivy.clock import stamp
from ivy.domain.heard import Heard
from ivy.domain.inbound import Media
from ivy.domain.media import Kind, Refused, Type, keep_until
from ivy.ports import Image
from ivy.store.binding import Connection, Row
from ivy.store.scope import Scope


@dataclass(frozen=True)
class Item:
    """A file of a message. `vendor_id`, `declared` and `claimed` are the channel's words; the rest was found out."""

    id: str
    message_id: str
    channel: str
    type: Type
    vendor_id: str
    declared: str
    claimed: str
    voice: bool
    state: str
    reason: str
    kind: Kind
    bytes: int
    sha256: str
    heard: Heard | None
    """None while nobody has listened."""


def want(scope: Scope, media_id: str, message_id: str, event: Media, *, keep_days: float, now: datetime) -> bool:
    """Note that a message came with a file that is to be fetched; return False if that is known already."""
    return _insert(
        scope,
        id=media_id,
        message=message_id,
        channel=event.sender.channel,
        direction="in",
        type=Type(event.type).value,
        vendor=event.media_id,
        declared=event.mime,
        claimed=event.sha256,
        voice=int(event.voice),
        state="wanted",
        mime="",
        bytes=0,
        width=0,
        height=0,
        sha="",
        now=stamp(now),
        until=stamp(keep_until(now, keep_days)),
    )


def add_own(
    scope: Scope,
    media_id: str,
    message_id: str,
    channel: str,
    kind: Kind,
    sha256: str,
    size: int,
    *,
    keep_days: float,
    now: datetime,
) -> bool:
    """Note that a message of ours holds a file that is kept already; return False if that is known already."""
    return _insert(
        scope,
        id=media_id,
        message=message_id,
        channel=channel,
        direction="out",
        type=kind.type.value,
        vendor="",
        declared="",
        claimed="",
        voice=0,
        state="kept",
        mime=kind.mime,
        bytes=size,
        width=kind.width,
        height=kind.height,
        sha=sha256,
        now=stamp(now),
        until=stamp(keep_until(now, keep_days)),
    )


def _insert(scope: Scope, **values: object) -> bool:
    return bool(
        scope.execute(
            "INSERT INTO media (id, user_id, message_id, channel, direction, type, vendor_id, declared, claimed, voice, state,"
            " mime, bytes, width, height, sha256, received_at_ms, expires_at_ms) VALUES (:id, :user, :message, :channel,"
            " :direction, :type, :vendor, :declared, :claimed, :voice, :state, :mime, :bytes, :width, :height, :sha, :now,"
            " :until) ON CONFLICT (message_id) DO NOTHING",
            **values,
        ).rowcount
    )


def of_message(scope: Scope, message_id: str) -> Item | None:
    """Return the file of a message, whatever became of it."""
    row = scope.execute("SELECT * FROM media WHERE user_id = :user AND message_id = :id", id=message_id).fetchone()
    return row and _item(row)


def keep(scope: Scope, message_id: str, kind: Kind, sha256: str, size: int) -> bool:
    """Note that a wanted file is kept; return False if nobody waits for it any more: then it must not stay."""
    return bool(
        scope.execute(
            "UPDATE media SET state = 'kept', mime = :mime, width = :width, height = :height, bytes = :bytes, sha256 = :sha,"
            " reason = '', words = '' WHERE user_id = :user AND message_id = :id AND state IN ('wanted', 'refused')",
            mime=kind.mime,
            width=kind.width,
            height=kind.height,
            bytes=size,
            sha=sha256,
            id=message_id,
        ).rowcount
    )


def refuse(scope: Scope, message_id: str, refused: Refused) -> bool:
    """Note why a wanted file is not kept; return False if it was kept, or refused before."""
    return bool(
        scope.execute(
            "UPDATE media SET state = 'refused', reason = :reason, words = :words"
            " WHERE user_id = :user AND message_id = :id AND state = 'wanted'",
            reason=refused.reason.value,
            words=refused.words[:500],
            id=message_id,
        ).rowcount
    )


def hear(scope: Scope, message_id: str, heard: Heard) -> None:
    """Keep what was heard in a recording."""
    scope.execute(
        "UPDATE media SET transcript = :text, confidence = :confidence, seconds = :seconds, reason = '', words = ''"
        " WHERE user_id = :user AND message_id = :id AND transcript IS NULL",
        text=heard.text,
        confidence=heard.confidence,
        seconds=heard.seconds,
        id=message_id,
    )


def not_heard(scope: Scope, message_id: str, refused: Refused) -> None:
    """Note why a kept recording has no words that mean anything."""
    scope.execute(
        "UPDATE media SET reason = :reason, words = :words WHERE user_id = :user AND message_id = :id AND state = 'kept'",
        reason=refused.reason.value,
        words=refused.words[:500],
        id=message_id,
    )


def note_wait(scope: Scope, message_id: str) -> bool:
    """Note that somebody waits longer for a file than they should; return False if that was noted before."""
    return bool(
        scope.execute(
            "UPDATE media SET reason = 'waits' WHERE user_id = :user AND message_id = :id AND reason = ''"
            " AND state IN ('wanted', 'kept')",
            id=message_id,
        ).rowcount
    )


def is_coming(scope: Scope, *, since: datetime) -> bool:
    """Say whether a recording or a picture that came after an instant is still on its way to be words of a turn."""
    return bool(
        scope.execute(
            "SELECT 1 FROM media WHERE user_id = :user AND direction = 'in' AND received_at_ms > :since AND reason = ''"
            " AND ((state = 'wanted' AND type IN ('audio', 'image'))"
            "  OR (state = 'kept' AND type = 'audio' AND transcript IS NULL))",
            since=stamp(since),
        ).fetchone()
    )


def image_of(scope: Scope, message_id: str) -> Image | None:
    """Return a message's picture as a model is shown it; None if it has none that can be seen. Consent is the caller's."""
    item = of_message(scope, message_id)
    if item is None or item.state != "kept" or not item.kind.can_be_seen:
        return None
    return Image(item.sha256, item.kind.mime, item.kind.width, item.kind.height)


def unseen_pictures(scope: Scope, *, since: datetime) -> list[str]:
    """Return the messages since then whose pictures are kept and were in no turn yet, the oldest first."""
    rows = scope.execute(
        "SELECT messages_v2.id FROM messages_v2 JOIN media ON media.message_id = messages_v2.id"
        " WHERE media.user_id = :user AND messages_v2.user_id = :user AND media.direction = 'in' AND media.type = 'image'"
        " AND media.state = 'kept' AND messages_v2.turn_id IS NULL AND messages_v2.at_ms >= :since ORDER BY messages_v2.rowid",
        since=stamp(since),
    )
    return [row["id"] for row in rows]


# --- our own -----------------------------------------------------------------------------------------


def hand_over(scope: Scope, prepared_id: str, message_id: str) -> None:
    """Let a file of ours, prepared under another id, be the one of a message."""
    scope.execute(
        "UPDATE media SET message_id = :id WHERE user_id = :user AND message_id = :prepared AND direction = 'out'",
        prepared=prepared_id,
        id=message_id,
    )


def uploaded(scope: Scope, channel: str, sha256: str, *, now: datetime) -> str:
    """Return what a channel calls a file of this person's that it still knows, or ""."""
    row = scope.execute(
        "SELECT vendor_id FROM media WHERE user_id = :user AND channel = :channel AND sha256 = :sha AND direction = 'out'"
        " AND vendor_until_ms > :now ORDER BY vendor_until_ms DESC LIMIT 1",
        channel=channel,
        sha=sha256,
        now=stamp(now),
    ).fetchone()
    return row["vendor_id"] if row else ""


def note_upload(scope: Scope, message_id: str, vendor_id: str, *, until: datetime) -> None:
    """Remember what a channel calls a file of ours, and how long."""
    scope.execute(
        "UPDATE media SET vendor_id = :vendor, vendor_until_ms = :until"
        " WHERE user_id = :user AND message_id = :id AND direction = 'out'",
        vendor=vendor_id,
        until=stamp(until),
        id=message_id,
    )


# --- letting go --------------------------------------------------------------------------------------


_OVER = "state = 'kept' AND expires_at_ms <= ?"


def expire(connection: Connection, *, now: datetime) -> list[str]:
    """Let go of what was kept long enough; return the digests that nobody holds any more: their files must go."""
    rows = connection.execute(f"SELECT DISTINCT sha256 FROM media WHERE {_OVER}", (stamp(now),)).fetchall()
    connection.execute(f"UPDATE media SET state = 'expired', sha256 = '' WHERE {_OVER}", (stamp(now),))
    return unheld(connection, [row["sha256"] for row in rows])


def untidy(connection: Connection, digests: Iterable[str], *, now: datetime) -> tuple[bool, list[str]]:
    """Say whether something was kept long enough, and return those digests that no row holds."""
    over = connection.execute(f"SELECT 1 FROM media WHERE {_OVER} LIMIT 1", (stamp(now),)).fetchone()
    return over is not None, unheld(connection, digests)


def held(scope: Scope) -> list[str]:
    """Return the digests of all a person's files: to hand them over, or to see after an erasure which may go."""
    rows = scope.execute("SELECT DISTINCT sha256 FROM media WHERE user_id = :user AND state = 'kept' ORDER BY sha256")
    return [row["sha256"] for row in rows]


def unheld(connection: Connection, digests: Iterable[str]) -> list[str]:
    """Return those digests that no row holds."""
    rows = connection.execute(
        "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT sha256 FROM media WHERE state = 'kept')",
        (msgspec.json.encode(list(digests)).decode(),),
    )
    return [row["value"] for row in rows]


def _item(row: Row) -> Item:
    return Item(
        id=row["id"],
        message_id=row["message_id"],
        channel=row["channel"],
        type=Type(row["type"]),
        vendor_id=row["vendor_id"],
        declared=row["declared"],
        claimed=row["claimed"],
        voice=bool(row["voice"]),
        state=row["state"],
        reason=row["reason"],
        kind=Kind(Type(row["type"]), row["mime"], row["width"], row["height"]),
        bytes=row["bytes"],
        sha256=row["sha256"],
        heard=None if row["transcript"] is None else Heard(row["transcript"], row["confidence"], row["seconds"]),
    )
