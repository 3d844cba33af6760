"""A file that a tool asked for: made before its turn ends, and sent as the turn's reply. May import: the store and below.

It is a row before its message is: a turn that was cut off finds what it made, and its end sends it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ivy import log
from ivy.agent.desk import Desk
from ivy.domain.contents import LONGEST_CAPTION, AnyContent, File
from ivy.domain.csv_text import as_csv
from ivy.domain.file_kinds import TEXT
from ivy.domain.media import CAPS, Kind, Type
from ivy.domain.sentences import Say, say
from ivy.store import expenses, media, pending_actions, people
from ivy.store.files import Files, NoRoom, TooLarge
from ivy.store.pending_actions import Pending
from ivy.store.scope import PersonStore, Scope
from ivy.tools.exports import DOCUMENT, which_of

logger = log.get(__name__)
KIND = Kind(Type.DOCUMENT, TEXT)
"""WhatsApp knows no CSV; the file's name tells the phone what it is."""


@dataclass(frozen=True)
class Paper:
    """What goes out with a turn's reply: a file, or the sentence that says why there is none."""

    pending: Pending
    sha256: str = ""
    instead: Say | None = None


async def prepare(person: PersonStore, turn_id: str, files: Files, desk: Desk) -> Paper | None:
    """Return the file that this turn is to send, made now if it was not before; None if it is to send none."""
    pending = await person.read(pending_actions.of_turn, turn_id, DOCUMENT, now=desk.now)
    if pending is None:
        return None
    if desk.channel not in people.CHATS:
        return Paper(pending, instead=Say.DOCUMENT_ELSEWHERE)
    made = await person.read(media.of_message, pending.id)
    if made is not None:
        return Paper(pending, made.sha256)
    try:
        return Paper(pending, await _make(person, pending, files, desk))
    except (NoRoom, TooLarge) as error:
        logger.error("a file is not made: %s", error)
        return Paper(pending, instead=Say.DOCUMENT_LATER)


async def _make(person: PersonStore, pending: Pending, files: Files, desk: Desk) -> str:
    content = await person.read(_content, pending)
    async with files.incoming(CAPS[Type.DOCUMENT]) as sink:
        await sink.write(content)
        async with files.lock:
            digest = await sink.keep()
            await person.write(_note, pending, digest, sink.size, desk)
    return digest


def _content(scope: Scope, pending: Pending) -> bytes:
    return as_csv(expenses.csv_rows(scope, which_of(pending.payload), language=people.load(scope).language))


def _note(scope: Scope, pending: Pending, digest: str, size: int, desk: Desk) -> None:
    keep_days = desk.config.media.keep_days
    media.add_own(scope, desk.new_id(), pending.id, desk.channel, KIND, digest, size, keep_days=keep_days, now=desk.now)


def attach(scope: Scope, parts: Sequence[str | AnyContent], paper: Paper) -> list[str | AnyContent]:
    """Return a reply with the file in it: under its last words if they fit there, before its buttons if it has some."""
    if paper.instead is not None:
        return [say(paper.instead, people.load(scope).speech)]
    *before, last = parts or [""]
    fits = isinstance(last, str) and len(last) <= LONGEST_CAPTION
    filename = str(paper.pending.payload["filename"])
    file = File("document", paper.sha256, KIND.mime, last if isinstance(last, str) and fits else "", filename)
    return [*before, file] if fits else [*before, file, last]


def sent(scope: Scope, paper: Paper, parts: Sequence[str | AnyContent], ids: Sequence[str], desk: Desk) -> None:
    """Let the file be the one of the message that it goes out in; it is not asked for any more."""
    pending_actions.settle_one(scope, paper.pending.id, "sent", now=desk.now)
    if paper.instead is None:
        for part, message_id in zip(parts, ids, strict=True):
            if isinstance(part, File):
                media.hand_over(scope, paper.pending.id, message_id)
