"""Makes the plan of a replay: asks, for each person, the rule that decides at the moment of sending what it would say.

May import: the agent and below. Nothing is decided here that a message's routing does not decide again when it leaves.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ivy.agent.waking import wakes
from ivy.daemon import message_prices, replay_bundles, routing
from ivy.daemon.deciding import Deciding, beforehand
from ivy.daemon.replay_bundles import ASKS_AFTERWARDS
from ivy.domain import routing as rule
from ivy.domain.breaker import waits_until
from ivy.domain.contents import Emoji
from ivy.domain.jobs import SEND
from ivy.domain.replay import Fate, fate, too_late_in_words
from ivy.domain.replay_plan import PERHAPS, Bundle, What, arrange
from ivy.domain.replay_plan import Letter as Sayable
from ivy.domain.routing import Divert, Free, Hold, Refuse, UseTemplate
from ivy.domain.schedule import to_wall
from ivy.store import breakers, dead_letters, outbox, people, replay_plans
from ivy.store.binding import Connection
from ivy.store.dead_letters import Letter, Wanted
from ivy.store.outbox import Outgoing
from ivy.store.people import Person
from ivy.store.replay_plans import CauseSeen, Facts, Health, Line, Plan
from ivy.store.scope import Scope, within

SOON = timedelta(minutes=15)
"""What is held for less is sent now, as far as an operator is concerned."""
HOLDS = 4
"""One rule after another may hold a message; more than these, and the last one is believed."""
_LEFT = {
    Fate.TOO_LATE: What.TOO_LATE,
    Fate.OPTED_OUT: What.OPTED_OUT,
    Fate.ARRIVED: What.ARRIVED,
    Fate.LOST: What.LOST,
}


@dataclass(frozen=True)
class _When:
    """What becomes of a bundle, and when."""

    what: What
    at: datetime
    note: str = ""
    cost_micros: int = 0


@dataclass
class _Planning:
    """The making of one plan."""

    connection: Connection
    context: Deciding
    plan_id: str
    now: datetime
    poison: bool
    known: dict[str, Person] = field(default_factory=dict[str, Person])
    messages: dict[str, Outgoing] = field(default_factory=dict[str, Outgoing])

    # --- each letter by itself

    def person(self, letter: Letter) -> Person | None:
        if letter.user_id is None or letter.circumstances.status == "erased":
            return None
        if letter.user_id not in self.known:
            self.known[letter.user_id] = people.load(within(self.connection, letter.user_id))
        return self.known[letter.user_id]

    def outgoing(self, letter: Letter) -> Outgoing | None:
        if letter.kind != SEND.name or not letter.message_id:
            return None
        if letter.id not in self.messages:
            self.messages[letter.id] = outbox.outgoing(self.connection, letter.message_id)
        return self.messages[letter.id]

    def why_left(self, letter: Letter) -> tuple[What, str] | None:
        """Return why a letter does not go back to work, or None if it may."""
        person = self.person(letter)
        runs_as = fate(letter.circumstances, self.now if person is None else wakes(person, self.now))
        if runs_as is Fate.TOO_LATE:
            return What.TOO_LATE, too_late_in_words(letter.circumstances)
        if not runs_as.runs:
            return _LEFT[runs_as], letter.circumstances.status if runs_as is Fate.OPTED_OUT else ""
        if letter.poison and not self.poison:
            return What.POISON, letter.error
        message = self.outgoing(letter)
        if message is None or person is None:
            return None
        if isinstance(message.content, Emoji):
            return What.TOO_LATE, "reactions"
        alone = replay_bundles.whole(self._scope(person), person, [message], self.plan_id, "")
        decided = self._route(alone, wakes(person, self.now))  # their night hides no other rule
        return (What.OPTED_OUT, decided.rule) if isinstance(decided, Refuse) else None

    def sayable(self, letter: Letter) -> Sayable:
        message = self.outgoing(letter)
        whose = letter.user_id or (letter.lane if message is not None else "")
        if message is None or letter.user_id is None:
            return Sayable(letter.id, letter.kind, whose)
        content = replay_bundles.content_of(within(self.connection, letter.user_id), message)
        if message.channel == "sms":  # a text holds 1,600 characters, and was cut to fit
            return Sayable(letter.id, letter.kind, whose, asked_for=message.asked_for)
        return Sayable(letter.id, letter.kind, whose, content, message.asked_for)

    # --- each bundle

    def when(self, letters: Sequence[Letter], *, speaks: bool) -> _When:
        person = self.person(letters[0])
        if person is None or not (speaks or letters[0].kind in ASKS_AFTERWARDS):
            return _When(What.NOW, self.now)
        messages = [message for letter in letters if (message := self.outgoing(letter)) is not None]
        if not messages:  # work that is still to find its words
            at = wakes(person, self.now)
            return _When(What.NOW if at == self.now else What.LATER, at)
        return self._message(person, replay_bundles.whole(self._scope(person), person, messages, self.plan_id, ""))

    def _message(self, person: Person, message: Outgoing) -> _When:
        at = self.now
        decided = self._route(message, at)
        for _hold in range(HOLDS):
            if not isinstance(decided, Hold) or decided.until is None:
                break
            at = decided.until
            decided = self._route(message, at)
        what = What.NOW if at - self.now < SOON else What.LATER
        match decided:
            case UseTemplate(template):
                return _When(What.TEMPLATE, at, template.name, template.price_micros)
            case Hold(None, why, door):
                if door is None:
                    return _When(What.HELD, at, why)
                return _When(What.TEMPLATE, at, door.name, door.price_micros)
            case Divert(channel):
                return _When(what, at, f"by {channel}")
            case Refuse() | Hold():
                return _When(what, at, decided.rule)
            case Free():
                return _When(what, at, cost_micros=self._price(person, message, at))

    def _route(self, message: Outgoing, at: datetime) -> rule.Decision:
        return routing.route(self.connection, message, beforehand(self.context, at)).decision

    def _price(self, person: Person, message: Outgoing, at: datetime) -> int:
        to = people.address(self._scope(person), message.channel)
        desk = beforehand(self.context, at).desk_at(message.channel, message.trace_id)
        return message_prices.likely(self.connection, message, to, desk)

    def _scope(self, person: Person) -> Scope:
        return within(self.connection, person.id)


def make(
    connection: Connection, wanted: Wanted, context: Deciding, *, plan_id: str, rate: float, poison: bool = False
) -> Plan:
    """Return what a replay of these letters would do now, in the order in which it would. Raises: UsageError.

    Poison is left out unless `poison` says otherwise, or letters are named by id. What waits in a plan that runs is left to it.
    """
    now = context.clock.now()
    planning = _Planning(connection, context, plan_id, now, poison or bool(wanted.ids))
    running, theirs = replay_plans.in_running(connection)
    found = dead_letters.find(connection, wanted, now=now)
    letters = [letter for letter in found if letter.id not in theirs]
    by_id = {letter.id: letter for letter in letters}
    left = {letter.id: why for letter in letters if (why := planning.why_left(letter)) is not None}
    bundles, others = arrange(planning.sayable(letter) for letter in letters if letter.id not in left)
    left |= {letter.id: (What.NEXT, "") for letter in others}
    timed = [
        (planning.when([by_id[each.id] for each in bundle.letters], speaks=bundle.speaks), bundle) for bundle in bundles
    ]
    timed.sort(key=lambda each: (each[0].at, each[0].what is not What.NOW, by_id[each[1].letters[0].id].due_at))
    lines = _going(timed, by_id, planning, rate)
    for number, (letter_id, (what, note)) in enumerate(left.items(), start=len(bundles)):
        lines.append(_line(len(lines), by_id[letter_id], number, what, note))
    known = tuple(dict.fromkeys(letter.cause for letter in letters))
    facts = replace(_facts(connection, letters, lines, planning), running=running, elsewhere=len(found) - len(letters))
    return Plan(plan_id, "draft", now, rate, facts, known, tuple(lines))


def _going(
    timed: Iterable[tuple[_When, Bundle]], by_id: dict[str, Letter], planning: _Planning, rate: float
) -> list[Line]:
    """Return the lines of what goes back to work; what waits for one instant is spread over the seconds after it."""
    lines: list[Line] = []
    at_once: dict[datetime, int] = {}
    for number, (when, bundle) in enumerate(timed):
        place = at_once.get(when.at, 0)
        at_once[when.at] = place + 1
        spread = timedelta(seconds=place / rate) if when.at > planning.now else timedelta(0)
        person = planning.person(by_id[bundle.letters[0].id])
        wall = "" if person is None or when.at == planning.now else f"{to_wall(when.at, person.zone):%H:%M}"
        for each in bundle.letters:
            letter = by_id[each.id]
            note = PERHAPS if letter.fate is Fate.TWICE else when.note
            line = _line(len(lines), letter, number, when.what, note)
            is_first = each is bundle.letters[0]
            lines.append(
                replace(
                    line,
                    speaks=bundle.speaks and is_first,
                    run_at=when.at + spread,
                    wall=wall,
                    cost_micros=when.cost_micros if is_first else 0,
                )
            )
    return lines


def _line(place: int, letter: Letter, bundle: int, what: What, note: str) -> Line:
    return Line(
        place,
        letter.id,
        letter.kind,
        letter.user_id,
        bundle,
        what,
        speaks=False,
        note=note,
        run_at=None,
        wall="",
        cost_micros=0,
        died_at=letter.died_at,
        replays=letter.replays,
    )


# --- what is shown beside it -----------------------------------------------------------------------


def _facts(connection: Connection, letters: Sequence[Letter], lines: Iterable[Line], planning: _Planning) -> Facts:
    causes: dict[str, list[Letter]] = {}
    died_last: dict[str, datetime] = {}
    for letter in letters:
        causes.setdefault(letter.cause, []).append(letter)
        message = planning.outgoing(letter)
        if message is not None:
            died_last[message.channel] = max(letter.died_at, died_last.get(message.channel, letter.died_at))
    seen = [
        CauseSeen(
            Counter(each.error for each in members).most_common(1)[0][0],
            cause,
            len(members),
            min(each.failing_since for each in members),
            max(each.died_at for each in members),
        )
        for cause, members in causes.items()
    ]
    queues = {letter.queue for letter in letters} if any(line.what.goes for line in lines) else set[str]()
    paused = replay_plans.paused_queues(connection, now=planning.now)
    return Facts(
        causes=tuple(sorted(seen, key=lambda each: (-each.letters, each.since))),
        health=tuple(_health(connection, channel, since, planning.now) for channel, since in sorted(died_last.items())),
        paused={queue: why for queue, why in paused.items() if queue in queues},
    )


def _health(connection: Connection, channel: str, since: datetime, now: datetime) -> Health:
    good, sent, first = replay_plans.sent_since(connection, channel, since)
    breaker = breakers.standing(connection, channel, now)
    rests = waits_until(breaker, now) is not None
    return Health(channel, good, sent, first, breaker.reason if rests else "")
