"""Questions with something to tap: asked here, and known again however they are answered. May import: the store and below.

A tap, a template's quick reply, a row of a list, a reaction on the question, a number and the option's own words all lead
to the same option of the same row, which acts once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from ivy.agent.desk import Desk
from ivy.domain import actions
from ivy.domain.contents import MORE, ROWS, AnyContent, Choices, Option, Words, offer, short
from ivy.domain.plain_words import words_of
from ivy.domain.quick_replies import QuickReply, quick_reply, which
from ivy.domain.sentences import Say, say
from ivy.store import messages, outbox, pending_actions, people
from ivy.store.outbox import OwnTemplate
from ivy.store.pending_actions import Named, Pending
from ivy.store.people import Person
from ivy.store.scope import Scope

TAPPED_ON = people.CHAT
"""The one channel with something to tap."""
LONGEST_TITLE = 24
PAGE = ROWS - 1
"""Options on each page of a list that has more than one."""
THUMBS_UP = frozenset("👍✅✔☑💪❤🙌🎉👏🔥👌💯🥳")
THUMBS_DOWN = frozenset("👎❌✖🚫🙅")
_SHORT_NAMES = {QuickReply.SKIP: "skipped", QuickReply.LATER: "hour"}
"""The option that a quick reply names, where it is not called the same."""
_VARIANTS = str.maketrans(dict.fromkeys("\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"))


@dataclass(frozen=True)
class Asking:
    """A question before it is asked. `up` and `down` are the options that a thumb on it means; "" for none."""

    kind: str
    text: str
    options: tuple[Named, ...]
    lasts: timedelta
    payload: dict[str, Any]
    up: str = ""
    down: str = ""
    beside_others: bool = False


class Tapped(Enum):
    """What became of a tap."""

    FOREIGN = "foreign"
    """No token of ours: its title is words like any other."""
    FORGED = "forged"
    """It looks like ours and is not this person's."""
    OVER = "over"
    EXPIRED = "expired"
    TAKEN = "taken"


def put(scope: Scope, person: Person, asking: Asking, desk: Desk) -> tuple[Pending, AnyContent]:
    """Remember a question and return it with what asks it."""
    payload = {**asking.payload, "up": asking.up, "down": asking.down}
    pending = pending_actions.ask(
        scope,
        desk.new_id(),
        asking.kind,
        payload,
        until=desk.now + asking.lasts,
        now=desk.now,
        options=asking.options,
        beside_others=asking.beside_others,
    )
    return pending, content_of(pending, asking.text, person, desk)


def content_of(pending: Pending, text: str, person: Person, desk: Desk, *, page: int = 0) -> AnyContent:
    """Return a text with the buttons of a question under it; what one list cannot hold is behind its last row.

    Where nothing can be tapped all options stand in words, each with its number.
    """
    if desk.channel != TAPPED_ON and len(pending.options) > ROWS:
        return Words(_numbered(text, pending))
    rest = pending.options[page * PAGE :]
    more = None
    if len(rest) > ROWS:
        more = _signed(pending, (f"{MORE}{page + 1}", say(Say.MORE, person.speech)), desk)
    shown = [_signed(pending, option, desk) for option in rest]
    return offer(text, shown, label=say(Say.CHOOSE, person.speech), more=more)


def in_words(scope: Scope, content: AnyContent, action_id: str) -> str:
    """Return what a channel without buttons says instead: of a list with more behind its last row, all of it."""
    pending = pending_actions.load(scope, action_id) if action_id and isinstance(content, Choices) else None
    if pending is None or not isinstance(content, Choices) or len(pending.options) <= ROWS:
        return content.in_words()
    return _numbered(content.body, pending)


def _numbered(text: str, pending: Pending) -> str:
    return "\n".join([text, *(f"{number}. {title}" for number, (_name, title) in enumerate(pending.options, start=1))])


def page_of(option: str) -> int | None:
    """Return which further page of a list an option asks for, or None if it is an answer."""
    number = option.removeprefix(MORE)
    return int(number) if option.startswith(MORE) and number.isdecimal() else None


def turn_page(scope: Scope, person: Person, pending: Pending, page: int, desk: Desk) -> None:
    """Show the next rows of a long list; the question stays open."""
    content = content_of(pending, say(Say.MORE_OPTIONS, person.speech), person, desk, page=page)
    desk.send(scope, content, action_id=pending.id)


def _signed(pending: Pending, option: Named, desk: Desk) -> Option:
    """Return an option with a token in it."""
    name, title = option
    return Option(actions.token(desk.action_secrets[0], pending.bound, name), short(title, LONGEST_TITLE))


def ask(scope: Scope, person: Person, asking: Asking, desk: Desk, **more: Any) -> Pending:
    """Ask a person something, as an answer to what they just did."""
    pending, content = put(scope, person, asking, desk)
    desk.send(scope, content, action_id=pending.id, **more)
    return pending


def with_template(
    pending: Pending, desk: Desk, name: str, values: dict[str, str], options: Sequence[str]
) -> OwnTemplate:
    """Return what asks the same question outside the window: its buttons carry the same tokens."""
    secret = desk.action_secrets[0]
    return OwnTemplate(name, values, tuple(actions.token(secret, pending.bound, option) for option in options))


# --- answers ---------------------------------------------------------------------------------------


def tapped(scope: Scope, token: str, desk: Desk) -> tuple[Tapped, Pending | None, str]:
    """Recognise a tap; the question and the option are given unless it is foreign or forged. It is not settled here."""
    named = actions.named(token)
    if named is None:
        return Tapped.FOREIGN, None, ""
    pending = pending_actions.load(scope, named.action_id)
    if pending is None or not actions.is_genuine(desk.action_secrets, pending.bound, token):
        return Tapped.FORGED, None, ""
    if pending.done:
        return Tapped.OVER, pending, named.option
    if not pending.is_open(desk.now):
        return Tapped.EXPIRED, pending, named.option
    return Tapped.TAKEN, pending, named.option


def reacted(scope: Scope, target_id: str, emoji: str, desk: Desk) -> tuple[Pending, str] | None:
    """Return the open question that a reaction stands on, and the option it means."""
    action_id = outbox.question_of(scope, desk.channel, target_id)
    pending = pending_actions.load(scope, action_id) if action_id else None
    if pending is None or not pending.is_open(desk.now):
        return None
    plain = emoji.translate(_VARIANTS)
    side = "up" if plain in THUMBS_UP else "down" if plain in THUMBS_DOWN else ""
    option = str(pending.payload.get(side, "")) if side else ""
    return (pending, option) if option else None


def worded(scope: Scope, heard: "Heard", desk: Desk) -> tuple[Pending, str] | None:
    """Return the question that these words answer, and the option they name by title, number or a word like "yes".

    It is the question that they quote or, if they quote nothing, the one that stands last before them.
    """
    quoted = heard.quoted_id
    action_id = outbox.question_of(scope, desk.channel, quoted) if quoted else messages.last_asked(scope)
    pending = pending_actions.load(scope, action_id) if action_id else None
    if pending is None or not pending.options or not pending.is_open(desk.now):
        return None
    said = words_of(heard.words)
    for name, title in pending.options:
        if said and said == words_of(title):
            return pending, name
    chosen = which(heard.words, [title for _name, title in pending.options])
    option = pending.options[chosen][0] if chosen is not None else _shortly(pending, heard.words)
    return (pending, option) if option else None


def _shortly(pending: Pending, text: str) -> str:
    """Return the option that a word like "yes", "listo" or "skip" means here; "" for none."""
    match reply := quick_reply(text):
        case QuickReply.YES:
            return str(pending.payload.get("up", ""))
        case QuickReply.NO:
            return str(pending.payload.get("down", ""))
        case None:
            return ""
        case _:
            meant = _SHORT_NAMES.get(reply, reply.value)
            return next((name for name, _title in pending.options if name == meant), "")


@dataclass(frozen=True)
class Heard:
    """The message that answers: its words, our id of it and the vendor's."""

    words: str
    message_id: str
    external_id: str
    """Where Ivy may put a reaction; "" for a message that takes none."""
    quoted_id: str = ""
    """The vendor's id of the message that it quotes."""
