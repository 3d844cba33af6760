"""What a turn tells the model, within its budget, the most important first. May import: the store and below.

The system's words and the tools stay the same from call to call, so that they are cached; all that varies stands in the
last message of the person: facts of the moment, then their words. What did not fit is named.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ivy.agent import care, knowing
from ivy.agent.token_counting import message_text, text_tokens
from ivy.domain.schedule import to_wall
from ivy.domain.tokens import estimate, family_factor
from ivy.ports import AssistantWords, ChatMessage, ToolResult, ToolResults, UserWords
from ivy.store import calendar, reminders, streaks, workouts
from ivy.store import facts as stored_facts
from ivy.store.binding import Row
from ivy.store.people import Person
from ivy.store.scope import Scope

WORDS_MARK = "The person writes:"
LONGEST_WORDS = 3000
CUT = " […]"
UNSEEN = "(sent with a picture or a file, which you cannot look at)"
SOON = 5
"""How many of the next appointments and reminders are told."""
FOR_RESULTS = 4
"""This part of a budget is left by what was said earlier, for what tools will say."""
SHORTEST_RESULT = 80
"""In characters: less of a tool's answer is no answer."""
MOST_KNOWN = 12
"""How many of what is known of the person beside preferences and what must be minded, the newest."""


@dataclass(frozen=True)
class Moment:
    """What is read from the store for a turn, the most important first in each part; history is newest first.

    `facts`: time and person, what must be minded, today's plan. `memories` come last of all.
    """

    facts: tuple[str, ...]
    history: tuple[tuple[str, str], ...]
    """(direction, text)"""
    preferences: tuple[str, ...] = ()
    memories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assembled:
    messages: tuple[ChatMessage, ...]
    dropped: tuple[str, ...]
    """What did not fit, in words."""


def read_moment(
    scope: Scope, person: Person, history: Sequence[Row], *, now: datetime, memories: Sequence[str] = ()
) -> Moment:
    """Read what the model should know of the moment; `memories` are those that their words may be about."""
    known = knowing.read(scope, person, most=MOST_KNOWN)
    facts = [
        _here_and_now(person, now),
        *([care.IN_CARE] if person.is_cared_for else []),
        *known.minded,
        *_plan(scope, person, now),
    ]
    unheard = stored_facts.unheard(scope)
    said = tuple((row["direction"], row["body"]) for row in history if row["id"] not in unheard)
    return Moment(tuple(facts), said, known.preferences, (*known.others, *memories))


def _here_and_now(person: Person, now: datetime) -> str:
    wall = to_wall(now, person.zone)
    manner = " (say usted)" if person.speech != person.locale else ""
    return (
        f"Now: {wall:%A %Y-%m-%d %H:%M} in {person.zone}. "
        f"Person: {person.name}, locale {person.locale}{manner}, currency {person.currency}."
    )


def _plan(scope: Scope, person: Person, now: datetime) -> list[str]:
    plan: list[str] = []
    for workout in workouts.of_day(scope, to_wall(now, person.zone).date()):
        when = f" at {workout.at_wall}" if workout.at_wall else ""
        plan.append(f"Workout today: {workout.kind}{when}, {workout.state.value}.")
    if not person.is_cared_for:
        streak = streaks.current(scope)
        plan.append(f"Streak: {streak.current} (longest {streak.longest}).")
    plan += [
        f"Calendar: {slot.starts:%a %d %b %H:%M} {slot.event.title}." for slot in calendar.upcoming(scope, now)[:SOON]
    ]
    return plan + [f"Reminder: {each.wall:%a %d %b %H:%M} {each.text}." for each in reminders.waiting(scope)[:SOON]]


class _Room:
    """What is left of a budget of tokens."""

    def __init__(self, budget: int, model: str, factor: float | None) -> None:
        self.budget = self.left = budget
        self._model = model
        self.factor = family_factor(model) if factor is None else factor
        self.dropped: list[str] = []
        """What did not fit, in words."""

    def size(self, text: str) -> int:
        return text_tokens([text], self._model, self.factor)

    def take(self, tokens: int) -> bool:
        """Take what fits; the first that does not ends its part."""
        if tokens > self.left:
            return False
        self.left -= tokens
        return True

    def lines(self, lines: Sequence[str], name: str) -> list[str]:
        """Return those of a part's lines that fit, from the first."""
        for number, line in enumerate(lines):
            # A line costs its own tokens; where it meets its neighbours at most one more at each end.
            if not self.take(estimate(f"\n{line}", self.factor) + 2 * math.ceil(self.factor)):
                self.dropped.append(f"{len(lines) - number} {name}")
                return list(lines[:number])
        return list(lines)


def assemble(
    words: Sequence[str], moment: Moment, *, budget: int, model: str, factor: float | None = None
) -> Assembled:
    """Return the messages of a turn's first call within `budget` tokens of the model, and what was dropped.

    Order of importance: the new words, time and person, what must be minded, today's plan, preferences, history from the
    newest, memories. `factor`: what the model's answers have taught of its tokens; None: its family's.
    """
    room = _Room(budget, model, factor)
    first = list(moment.facts[:1])
    said = _fit_words(words, first, room)
    room.take(room.size(_first(said, first)))
    facts = [*first, *room.lines(moment.facts[1:], "facts"), *room.lines(moment.preferences, "preferences")]
    room.left -= budget // FOR_RESULTS
    kept: list[tuple[str, str]] = []
    for number, (direction, text) in enumerate(moment.history):
        if not room.take(room.size(text)):
            room.dropped.append(f"{len(moment.history) - number} earlier messages")
            break
        kept.append((direction, text))
    facts += room.lines(moment.memories, "memories")
    dialogue = _dialogue(reversed(kept))
    if len(dialogue) < len(kept) == len(moment.history):
        room.dropped.append(f"{len(kept) - len(dialogue)} earlier messages of our own")
    return Assembled((*dialogue, UserWords(_first(said, facts))), tuple(room.dropped))


def fit_results(
    results: Sequence[ToolResult],
    before: Sequence[ChatMessage],
    *,
    budget: int,
    model: str,
    factor: float | None = None,
) -> tuple[ToolResult, ...]:
    """Return what tools said, cut where it must fit beside the dialogue `before` it: the longest first, none to nothing."""
    left = budget - text_tokens(map(message_text, before), model, factor)
    fitted = list(results)
    while text_tokens([message_text(ToolResults(tuple(fitted)))], model, factor) > left:
        longest = max(range(len(fitted)), key=lambda place: len(fitted[place].content))
        content = fitted[longest].content.removesuffix(CUT)
        if len(content) <= SHORTEST_RESULT:
            break
        fitted[longest] = replace(fitted[longest], content=content[: max(SHORTEST_RESULT, len(content) * 3 // 4)] + CUT)
    return tuple(fitted)


def _first(words: Sequence[str], facts: Sequence[str]) -> str:
    return "\n".join(["<facts>", *facts, "</facts>", WORDS_MARK, *words])


def more_words(words: Sequence[str]) -> str:
    """Return what is told of words that came while the turn was under way."""
    return "\n".join(["The person adds:", WORDS_MARK, *words])


def _fit_words(words: Sequence[str], facts: Sequence[str], room: _Room) -> list[str]:
    said = [word if len(word) <= LONGEST_WORDS else word[:LONGEST_WORDS] + CUT for word in words]
    while len(said) > 1 and room.size(_first(said, facts)) > room.budget:
        said.pop(0)
    left = list(words[len(words) - len(said) :])
    if len(said) < len(words):
        room.dropped.append(f"the first {len(words) - len(said)} of the new messages")
    while room.size(_first(said, facts)) > room.budget and len(said[0]) > len(CUT) + 1:
        said[0] = said[0].removesuffix(CUT)[: len(said[0]) * 3 // 4 - len(CUT)] + CUT
    if said != left:
        room.dropped.append("the end of a long message")
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
    if not text:
        return UNSEEN if unseen else f"({row['kind']} message)"
    return f"{hint}{quoted}{text}"
