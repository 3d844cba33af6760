"""What a turn tells the model, within its budget, the most important first. May import: the store and below.

The system's words and the tools stay the same from call to call, so that they are cached; all that varies stands in the
last message of the person: facts of the moment, then their words. What did not fit is named.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ivy.agent.router import text_tokens
from ivy.domain.schedule import to_wall
from ivy.ports import AssistantWords, ChatMessage, UserWords
from ivy.store import calendar, reminders, streaks, workouts
from ivy.store.binding import Row
from ivy.store.people import Person
from ivy.store.scope import Scope

WORDS_MARK = "The person writes:"
LONGEST_WORDS = 3000
CUT = " […]"
UNSEEN = "(sent with a picture or a file, which you cannot look at)"
SOON = 5
"""How many of the next appointments and reminders are told."""


@dataclass(frozen=True)
class Moment:
    """What is read from the store for a turn: facts by importance, and what was said before, newest first."""

    facts: tuple[str, ...]
    history: tuple[tuple[str, str], ...]
    """(direction, text)"""


@dataclass(frozen=True)
class Assembled:
    messages: tuple[ChatMessage, ...]
    dropped: tuple[str, ...]
    """What did not fit, in words."""


def read_moment(scope: Scope, person: Person, history: Sequence[Row], *, now: datetime) -> Moment:
    """Read what the model should know of the moment."""
    wall = to_wall(now, person.zone)
    today = wall.date()
    facts = [
        f"Now: {wall:%A %Y-%m-%d %H:%M} in {person.zone}. "
        f"Person: {person.name}, locale {person.locale}, currency {person.currency}."
    ]
    for workout in workouts.of_day(scope, today):
        when = f" at {workout.at_wall}" if workout.at_wall else ""
        facts.append(f"Workout today: {workout.kind}{when}, {workout.state.value}.")
    streak = streaks.current(scope)
    facts.append(f"Streak: {streak.current} (longest {streak.longest}).")
    facts += [
        f"Calendar: {slot.starts:%a %d %b %H:%M} {slot.event.title}." for slot in calendar.upcoming(scope, now)[:SOON]
    ]
    facts += [f"Reminder: {each.wall:%a %d %b %H:%M} {each.text}." for each in reminders.waiting(scope)[:SOON]]
    return Moment(tuple(facts), tuple((row["direction"], row["body"]) for row in history))


def assemble(words: Sequence[str], moment: Moment, *, budget: int, model: str) -> Assembled:
    """Return the messages of a turn's first call within `budget` tokens of the model's family, and what was dropped.

    Order of importance: the new words, the first fact (time and person), the other facts, then history from the newest.
    """
    dropped: list[str] = []
    facts = list(moment.facts[:1])
    said = _fit_words(words, facts, budget, model, dropped)
    for number, fact in enumerate(moment.facts[1:]):
        if _size(_first(said, [*facts, fact]), model) > budget:
            dropped.append(f"{len(moment.facts) - 1 - number} facts")
            break
        facts.append(fact)
    last = _first(said, facts)
    left = budget - _size(last, model)
    kept: list[tuple[str, str]] = []
    for number, (direction, text) in enumerate(moment.history):
        left -= text_tokens([text], model)
        if left < 0:
            dropped.append(f"{len(moment.history) - number} earlier messages")
            break
        kept.append((direction, text))
    dialogue = _dialogue(reversed(kept))
    if len(dialogue) < len(kept) == len(moment.history):
        dropped.append(f"{len(kept) - len(dialogue)} earlier messages of our own")
    return Assembled((*dialogue, UserWords(last)), tuple(dropped))


def _first(words: Sequence[str], facts: Sequence[str]) -> str:
    return "\n".join(["<facts>", *facts, "</facts>", WORDS_MARK, *words])


def more_words(words: Sequence[str]) -> str:
    """Return what is told of words that came while the turn was under way."""
    return "\n".join(["The person adds:", WORDS_MARK, *words])


def _size(text: str, model: str) -> int:
    return text_tokens([text], model)


def _fit_words(words: Sequence[str], facts: Sequence[str], budget: int, model: str, dropped: list[str]) -> list[str]:
    said = [word if len(word) <= LONGEST_WORDS else word[:LONGEST_WORDS] + CUT for word in words]
    while len(said) > 1 and _size(_first(said, facts), model) > budget:
        said.pop(0)
    left = list(words[len(words) - len(said) :])
    if len(said) < len(words):
        dropped.append(f"the first {len(words) - len(said)} of the new messages")
    while _size(_first(said, facts), model) > budget and len(said[0]) > len(CUT) + 1:
        said[0] = said[0].removesuffix(CUT)[: len(said[0]) * 3 // 4 - len(CUT)] + CUT
    if said != left:
        dropped.append("the end of a long message")
    return said


def _dialogue(kept: Iterable[tuple[str, str]]) -> list[ChatMessage]:
    """Return history as turns of a dialogue; it begins with the person, as the vendors want it."""
    messages: list[ChatMessage] = []
    for direction, text in kept:
        messages.append(UserWords(text) if direction == "in" else AssistantWords(text))
    while messages and not isinstance(messages[0], UserWords):
        messages.pop(0)
    return messages


def words_of(row: Row, *, unseen: bool = False) -> str:
    """Return a message as the model reads it, with what it quotes; `unseen`: with a file that is not shown."""
    text = row["body"].strip()
    quoted = f'(quoting: "{row["quoted"][:300]}") ' if row["quoted"] else ""
    hint = f"{UNSEEN}\n" if unseen else ""
    return f"{hint}{quoted}{text}" if text else f"({row['kind']} message)"
