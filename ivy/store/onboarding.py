"""Letting a person in: all that is asked of them, in one commit, as often as it is asked.

May import: people, consents, schedules, slots, wallets, the domain.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ivy.domain.consent import Purpose
from ivy.domain.giving import PartialGives, Wallet
from ivy.domain.slots import USUAL, By, Mode, SlotKind, by_of
from ivy.domain.topics import WEEKLY_WORKOUTS
from ivy.store import (
    call_slots,
    commitments,
    consents,
    counting,
    day_closes,
    nudges,
    people,
    schedules,
    summaries,
    topics,
    trips,
    wallets,
    workout_rules,
)
from ivy.store.binding import Connection
from ivy.store.people import NewPerson
from ivy.store.scope import Scope, within
from ivy.store.topics import Wish


@dataclass(frozen=True)
class Entry:
    """What an operator was told; `proof` says who, when and in which words the `purposes` were agreed to."""

    person: NewPerson
    quiet_from: str
    quiet_to: str
    purposes: Sequence[Purpose] = ()
    proof: str = ""
    email: str = ""


def known(connection: Connection, phone: str) -> str | None:
    """Return whom a number means already."""
    return people.meaning(connection, "whatsapp", phone)


def let_in(connection: Connection, entry: Entry, *, now: datetime) -> str:
    """Add a person, or bring one with this phone up to date; return their id. Raises: UsageError if the mail is another's.

    What they agreed to is added. Somebody who said stop stays stopped: only they can take it back. What they are to be
    reminded of stays at its time of day when they move.
    """
    new = entry.person
    user_id = known(connection, new.phone) if new.phone else None
    if user_id is None:
        user_id = new.id
        people.add(connection, new, now=now)
    scope = within(connection, user_id)
    move(scope, new.zone, now=now)
    scope.execute(
        "UPDATE users SET name = :name, locale = :locale, quiet_from = :quiet_from, quiet_to = :quiet_to WHERE id = :user",
        name=new.name,
        locale=new.locale,
        quiet_from=entry.quiet_from,
        quiet_to=entry.quiet_to,
    )
    counting.settle(scope, new.currency)
    if entry.email:
        people.write_to(scope, "mail", entry.email, now=now)
    for purpose in entry.purposes:
        consents.record(scope, purpose, granted=True, proof=entry.proof, now=now)
    if new.status == "active":
        scope.execute("UPDATE users SET status = 'active' WHERE id = :user AND status = 'invited'")
    return user_id


def move(scope: Scope, zone: str, *, now: datetime) -> int:
    """Let a person live by another zone: what they are to be reminded of keeps its time of day. Return how many changed."""
    before = people.load(scope).zone
    if before == zone:
        return 0
    trips.note_move(scope, before, zone, now=now)
    people.set_zone(scope, zone)
    return schedules.move_to_zone(scope, zone, now=now)


# --- how they are coached ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Coaching:
    """How somebody is coached, as far as it was told: None leaves what is there.

    `slots` are local HH:MM by kind, "" to have none; who plans the week looks at the month on the first, too.
    """

    track: str | None = None
    address: str | None = None
    tier: str | None = None
    goal: str | None = None
    sessions: int | None = None
    mode: Mode | None = None
    slots: Mapping[SlotKind, str] = field(default_factory=dict[SlotKind, str])
    nudge_minutes: int | None = None
    wallet: Wallet | None = None
    calls_proof: str = ""
    """Who agreed to calls, when and in which words."""
    promised: int | None = None
    """Workouts a week that they call realistic."""
    minimum_minutes: int | None = None
    part_gives: PartialGives | None = None
    workout_minutes: int | None = None
    """How long before a workout with a time they are written to; 0: not at all."""


def coach(scope: Scope, told: Coaching, *, new_id: Callable[[], str], now: datetime) -> None:
    """Keep how a person is coached. Slots are planned anew, each with the consent that stands for it."""
    for keep, value in (
        (people.set_track, told.track),
        (people.set_address, told.address),
        (people.set_tier, told.tier),
        (people.set_goal, told.goal),
        (people.set_mode, told.mode and told.mode.value),
    ):
        if value is not None:
            keep(scope, value)
    if told.sessions is not None:
        people.set_week(scope, told.sessions)
    if told.promised is not None:
        commitments.promise(scope, told.promised)
    if told.minimum_minutes is not None:
        people.set_minimum(scope, told.minimum_minutes)
    if told.part_gives is not None:
        wallets.set_partial(scope, told.part_gives)
    if told.minimum_minutes is not None or told.part_gives is not None:
        workout_rules.keep(scope, now=now)
    if told.wallet is not None:
        wallets.save(scope, told.wallet, now=now)
    if told.workout_minutes is not None:
        nudges.set_minutes(scope, told.workout_minutes, source="operator", now=now)
    if told.nudge_minutes is not None:
        nudges.set_call_minutes(scope, told.nudge_minutes, source="operator", now=now)
    if told.calls_proof:
        consents.record(scope, Purpose.CALLS, granted=True, proof=told.calls_proof, now=now)
    for kind in SlotKind:
        _plan(scope, kind, told, new_id, now)
    if call_slots.of(scope):
        see_to_days(scope, new_id=new_id, now=now)


def see_to_days(scope: Scope, *, new_id: Callable[[], str], now: datetime) -> None:
    """Let the days of somebody who is coached be closed, and their weeks summed up. Doing it twice changes nothing.

    For who was let in by an operator, who has their word for it; in the chat they are asked (`agree_to_summary`).
    """
    close_days(scope, new_id=new_id, now=now)
    if not topics.is_off(scope, WEEKLY_WORKOUTS):
        summaries.ensure(scope, people.load(scope), new_id, now)


def close_days(scope: Scope, *, new_id: Callable[[], str], now: datetime) -> None:
    """Let the days of somebody who is coached be closed."""
    day_closes.ensure(scope, people.load(scope), new_id, now)


def agree_to_summary(scope: Scope, wish: Wish, *, new_id: Callable[[], str]) -> None:
    """Let somebody's weeks be summed up by their own word; who called it off before stays without."""
    if not topics.is_off(scope, WEEKLY_WORKOUTS):
        topics.agree(scope, WEEKLY_WORKOUTS, summaries.USUAL, wish)
        summaries.ensure(scope, people.load(scope), new_id, wish.now)


def _plan(scope: Scope, kind: SlotKind, told: Coaching, new_id: Callable[[], str], now: datetime) -> None:
    before = call_slots.of_kind(scope, kind)
    was_on = before is not None and before.is_on
    if kind is SlotKind.MONTHLY:
        weekly = told.slots.get(SlotKind.WEEKLY)
        wish = None if weekly is None else weekly and (before.at if before else USUAL[kind].at)
    else:
        wish = told.slots.get(kind)
    if wish == "":
        call_slots.off(scope, kind, now=now)
    elif wish or (was_on and (told.mode or told.nudge_minutes is not None or told.calls_proof)):
        mode = Mode(people.load(scope).mode)
        by = by_of(mode, kind) if told.mode or before is None else before.by
        nudge = told.nudge_minutes if told.nudge_minutes is not None else before.nudge_minutes if before else 0
        call_slots.set_slot(
            scope,
            kind,
            by,
            wish or (before.at if before else USUAL[kind].at),
            before.days if before else USUAL[kind].days,
            consent_id=call_slots.consent_of(scope, PURPOSES[by]),
            nudge_minutes=nudge if by is By.VOICE else 0,
            new_id=new_id,
            now=now,
        )


PURPOSES = {By.VOICE: Purpose.CALLS, By.TEXT: Purpose.MESSAGES}
"""What a contact needs consent to."""
