"""The second half of `ivy onboard`: how somebody is coached, when they are contacted, what they give. May import: everything.

Each answer is written at once: broken off and typed again with the same phone, it goes on with what is there as defaults.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import SystemRandom
from typing import TypeVar

import typer

from ivy.agent import routes
from ivy.cli import answers, frame, voice_price
from ivy.clock import SystemClock
from ivy.domain import call_minutes, giving, reach
from ivy.domain.calls import CallKind
from ivy.domain.consent import Purpose
from ivy.domain.giving import PartialGives, Wallet
from ivy.domain.ids import uuid7
from ivy.domain.money import Money, format_money, parse_money
from ivy.domain.onboarding import realistic
from ivy.domain.said import Unclear
from ivy.domain.schedule import local_date
from ivy.domain.slots import LONGEST_NUDGE, USUAL, By, Mode, SlotKind
from ivy.domain.when import describe_clock, describe_day
from ivy.domain.workouts import LONGEST_MINIMUM
from ivy.errors import UsageError
from ivy.store import call_slots, consents, nudges, onboarding, people, wallets
from ivy.store.call_slots import Slot
from ivy.store.onboarding import Coaching
from ivy.store.people import Person
from ivy.store.scope import Scope, for_user

T = TypeVar("T")
NONE = ("none", "no", "off", "-")
MOST_SESSIONS = 14
ADDRESSES, TRACKS = ("tu", "usted"), ("individual", "company")
TIERS = ("free", "core", "elite", "concierge")
DAILY = (SlotKind.MORNING, SlotKind.EVENING, SlotKind.WEEKLY)
"""The slots that are asked about; the monthly one goes with the weekly."""
_QUESTIONS = {
    SlotKind.MORNING: "Contact every morning at (HH:MM, or none)",
    SlotKind.EVENING: "Contact every evening at (HH:MM, or none)",
    SlotKind.WEEKLY: "Plan the week on Sundays at (HH:MM, or none)",
}


@dataclass(frozen=True)
class CoachFlags:
    """What the flags say; None was not typed."""

    track: str | None = None
    address: str | None = None
    tier: str | None = None
    goal: str | None = None
    sessions: int | None = None
    mode: Mode | None = None
    consent_calls: str | None = None
    slots: Mapping[SlotKind, str | None] = field(default_factory=dict[SlotKind, str | None])
    nudge: int | None = None
    charity: str | None = None
    amount: str | None = None
    promised: int | None = None
    minimum: int | None = None
    part_gives: PartialGives | None = None
    before_workouts: int | None = None


@dataclass(frozen=True)
class Coached:
    """How a person is coached now, and what an operator had better know."""

    person: Person
    slots: Sequence[Slot]
    purposes: frozenset[Purpose]
    wallet: Wallet | None
    workout_minutes: int
    warnings: tuple[str, ...] = ()


def check(flags: CoachFlags, currency: str, where: frame.Setup) -> Coaching:
    """Return what the flags tell, before anybody is let in. Raises: UsageError for what cannot be read."""
    for flag, value, known in (
        ("--track", flags.track, TRACKS),
        ("--address", flags.address, ADDRESSES),
        ("--tier", flags.tier, TIERS),
    ):
        if value is not None:
            one_of(flag, value, known)
    slots = {kind: hour_or_none(at) for kind, at in flags.slots.items() if at is not None}
    if flags.sessions is not None and not 0 <= flags.sessions <= MOST_SESSIONS:
        raise UsageError(f"--sessions is 0 to {MOST_SESSIONS} a week.")
    if flags.promised is not None and not 0 <= flags.promised <= MOST_SESSIONS:
        raise UsageError(f"--promised is 0 to {MOST_SESSIONS} a week.")
    if flags.minimum is not None and not 1 <= flags.minimum <= LONGEST_MINIMUM:
        raise UsageError(f"--minimum is 1 to {LONGEST_MINIMUM} minutes.")
    for flag, minutes in (("--nudge", flags.nudge), ("--before-workouts", flags.before_workouts)):
        if minutes is not None and not 0 <= minutes <= LONGEST_NUDGE:
            raise UsageError(f"{flag} is 0 to {LONGEST_NUDGE} minutes.")
    if flags.amount is not None and flags.charity is None:
        raise UsageError("--amount needs --charity: to whom?")
    wallet = (
        None if flags.charity is None else wallet_of(where, flags.charity, flags.amount or "", currency, flags.track)
    )
    proof = proof_of(answers.words(flags.consent_calls)) if flags.consent_calls else ""
    goal = None if flags.goal is None else " ".join(flags.goal.split())
    return Coaching(
        flags.track, flags.address, flags.tier, goal, flags.sessions, flags.mode, slots, flags.nudge, wallet, proof,
        flags.promised, flags.minimum, flags.part_gives, flags.before_workouts,
    )  # fmt: skip


def keep(where: frame.Setup, user_id: str, told: Coaching) -> Coached:
    """Write what was told, and return how the person is coached now."""
    return frame.run(_keep, where, user_id, told)


def ask(where: frame.Setup, user_id: str, flags: CoachFlags) -> Coached:
    """Ask on the terminal for what the flags leave out; each answer is kept before the next question."""
    now = keep(where, user_id, Coaching())
    for step in (_track, _address, _goal, _sessions, _mode, _consent, *map(_slot, DAILY), _nudge, _runs, _charity):
        told = step(now, flags, where)
        if told is not None:
            now = keep(where, user_id, told)
    return now


def tell(coached: Coached, where: frame.Setup) -> None:
    """Say when the first contact is, and what stands in its way."""
    if not coached.slots:
        frame.say("Nothing is booked; `ivy onboard` again with --morning 07:00 books it.")
    else:
        first = min(
            coached.slots, key=lambda slot: slot.next_at or datetime.max.replace(tzinfo=SystemClock().now().tzinfo)
        )
        frame.say(f"{first_of(first, coached, where)}; `ivy schedule list` shows all.")
    if coached.wallet is not None:
        name = giving.name_of(coached.wallet.charity, where.config.giving.charities)
        amount = format_money(Money(coached.wallet.amount_minor, coached.wallet.currency), "en-US")
        frame.say(f"Each kept workout pledges {amount} to {name}.")
    phoned = _calls([slot for slot in coached.slots if slot.by is By.VOICE])
    today = local_date(SystemClock().now(), coached.person.zone)
    if price := voice_price.line(phoned, coached.person.phone or "", where.config, where.folder, today):
        frame.say(price)
    for warning in coached.warnings:
        frame.say(f"But {warning}")


def first_of(slot: Slot, coached: Coached, where: frame.Setup) -> str:
    """Say a slot's next time: "The first call is on Tue 24 Nov, 07:00 in America/Bogota"; a call only if it can be made."""
    what = "call" if slot.by is By.VOICE and can_be_called(coached, where) else "text"
    if slot.wall is None:
        return f"The first {what} is not planned"
    at = f"{describe_day(slot.wall.date(), 'en')}, {describe_clock(slot.wall.time(), 'en-GB')} in {slot.zone}"
    return f"The first {what} is on {at}" if coached.purposes else f"The first time is {at}, once they agree"


def can_be_called(coached: Coached, where: frame.Setup) -> bool:
    """Say whether a call to them would be made: agreed to, with a voice, to a number within reach."""
    voice, phone = where.config.voice, coached.person.phone
    return Purpose.CALLS in coached.purposes and voice.enabled and bool(phone) and routes.gets_to(voice, phone or "")


# --- reading -----------------------------------------------------------------------------------------


def one_of(flag: str, text: str, known: Sequence[str]) -> str:
    found = text.strip().lower()
    if found not in known:
        raise UsageError(f"{flag} is {' or '.join(known)}, not {text!r}.")
    return found


def hour_or_none(text: str) -> str:
    """Return HH:MM, or "" for none."""
    return "" if text.strip().lower() in NONE else answers.hour(text)


def wallet_of(where: frame.Setup, charity: str, amount: str, currency: str, track: str | None) -> Wallet:
    """Return the wallet of a charity of the configuration, by the usual amount if none is given. Raises: UsageError."""
    section = where.config.giving
    if charity not in section.charities:
        known = ", ".join(section.charities) or "none"
        raise UsageError(f"No charity is called {charity!r}; giving.charities has {known}.")
    minor = None
    if amount.strip():
        try:
            money = parse_money(amount, locale="en-US", currency=currency)
        except Unclear as error:
            raise UsageError(f"--amount: {error}") from None
        if money.currency != currency or money.amount_minor <= 0:
            raise UsageError(f"--amount is more than nothing, in {currency}.")
        minor = money.amount_minor
    payer = "employer" if track == "company" else "self"
    return giving.wallet_of(section, charity, currency, amount_minor=minor, payer=payer)


def proof_of(words: str) -> str:
    now = SystemClock().now()
    return (
        f"told to {frame.system_user()} by `ivy onboard` at {now:%Y-%m-%dT%H:%M:%SZ}, in the words: {words}"
        if words
        else ""
    )


# --- asking ------------------------------------------------------------------------------------------


def _prompt(question: str, default: str, read: Callable[[str], T]) -> T:
    """Ask until the answer can be read."""
    while True:
        typed = str(typer.prompt(question, default=default, show_default=bool(default), err=True))
        try:
            return read(typed)
        except UsageError as error:
            frame.note(str(error))


Step = Callable[[Coached, CoachFlags, frame.Setup], Coaching | None]


def _track(now: Coached, flags: CoachFlags, _where: frame.Setup) -> Coaching | None:
    if flags.track is not None:
        return None
    typed = _prompt(
        "For themselves, or sponsored by a company (individual, company)",
        now.person.track,
        lambda text: one_of("It", text, TRACKS),
    )
    return Coaching(track=typed)


def _address(now: Coached, flags: CoachFlags, _where: frame.Setup) -> Coaching | None:
    if flags.address is not None or now.person.language != "es":
        return None
    return Coaching(
        address=_prompt("Addressed as (tu, usted)", now.person.address, lambda text: one_of("It", text, ADDRESSES))
    )


def _goal(now: Coached, flags: CoachFlags, _where: frame.Setup) -> Coaching | None:
    if flags.goal is not None:
        return None
    return Coaching(
        goal=_prompt(
            "Their goal, in their words (Enter: not yet)", now.person.goal, lambda text: " ".join(text.split())
        )
    )


def _sessions(now: Coached, flags: CoachFlags, _where: frame.Setup) -> Coaching | None:
    if flags.sessions is not None:
        return None
    usual = now.person.sessions_per_week if flags.promised is None else flags.promised
    promised = _prompt("Workouts a week that they promise", str(usual), _count)
    proposed = realistic(promised)
    if promised == now.person.sessions_per_week and flags.promised is None:
        return None  # as it is: what they called realistic stays
    if promised == proposed:
        return Coaching(sessions=promised, promised=promised)
    question = f"Most people keep three fifths at first. Begin with {proposed}?"
    begins = proposed if typer.confirm(question, default=True, err=True) else promised
    return Coaching(sessions=begins, promised=promised)


def _count(text: str) -> int:
    if not text.strip().isdecimal() or int(text) > MOST_SESSIONS:
        raise UsageError(f"Write a number up to {MOST_SESSIONS}.")
    return int(text)


def _mode(now: Coached, flags: CoachFlags, _where: frame.Setup) -> Coaching | None:
    if flags.mode is not None:
        return None
    typed = _prompt("Contacted by (voice, text, mixed)", now.person.mode, lambda text: one_of("It", text, [*Mode]))
    return Coaching(mode=Mode(typed))


def _consent(now: Coached, flags: CoachFlags, _where: frame.Setup) -> Coaching | None:
    if flags.consent_calls is not None or now.person.mode == Mode.TEXT or Purpose.CALLS in now.purposes:
        return None
    words = _prompt("In which words did they agree to calls by an AI (Enter: not yet)", "", answers.words)
    return Coaching(calls_proof=proof_of(words)) if words else None


def _slot(kind: SlotKind) -> Step:
    def step(now: Coached, flags: CoachFlags, _where: frame.Setup) -> Coaching | None:
        if flags.slots.get(kind) is not None:
            return None
        there = next((slot.at for slot in now.slots if slot.kind is kind), "")
        usual = USUAL[kind].at if kind is SlotKind.MORNING and not now.slots else NONE[0]
        return Coaching(slots={kind: _prompt(_QUESTIONS[kind], there or usual, hour_or_none)})

    return step


def _nudge(now: Coached, flags: CoachFlags, _where: frame.Setup) -> Coaching | None:
    calls = [slot for slot in now.slots if slot.by is By.VOICE]
    if flags.nudge is not None or not calls:
        return None
    minutes = _prompt("A text this many minutes before each call (0: none)", str(calls[0].nudge_minutes), _minutes)
    return Coaching(nudge_minutes=minutes)


def _runs(now: Coached, flags: CoachFlags, _where: frame.Setup) -> Coaching | None:
    if flags.before_workouts is not None or not now.slots:
        return None
    question = "A text this many minutes before each workout with a time (0: none)"
    return Coaching(workout_minutes=_prompt(question, str(now.workout_minutes), _minutes))


def _minutes(text: str) -> int:
    if not text.strip().isdecimal() or int(text) > LONGEST_NUDGE:
        raise UsageError(f"Write minutes, up to {LONGEST_NUDGE}.")
    return int(text)


def _charity(now: Coached, flags: CoachFlags, where: frame.Setup) -> Coaching | None:
    known = where.config.giving.charities
    if flags.charity is not None or not known:
        return None
    there = now.wallet.charity if now.wallet else NONE[0]
    chosen = _prompt(f"Gifts go to ({', '.join(known)}, none)", there, lambda text: one_of("It", text, [*known, *NONE]))
    if chosen in NONE or (now.wallet and now.wallet.charity == chosen):
        return None

    def read(text: str) -> Wallet:
        return wallet_of(where, chosen, text, now.person.currency, now.person.track)

    currency = now.person.currency
    usual = format_money(Money(giving.usual(where.config.giving, currency).amount, currency), "en-US")
    return Coaching(wallet=_prompt(f"How much for each kept workout, in {currency}", usual, read))


# --- the rows ----------------------------------------------------------------------------------------


async def _keep(where: frame.Setup, user_id: str, told: Coaching) -> Coached:
    clock, chance = SystemClock(), SystemRandom()
    if told != Coaching():
        async with frame.operator(where, action="onboard", reason="how they are coached", subject=user_id) as operator:
            mine = for_user(operator.store, user_id)
            await mine.write(onboarding.coach, told, new_id=lambda: uuid7(clock.now(), chance), now=clock.now())
    async with frame.open_database(where) as store:
        coached = await for_user(store, user_id).read(_coached)
        everyone = await store.read(call_slots.everyone)
    return replace(coached, warnings=tuple(warnings(coached, everyone, where, clock.now())))


def _coached(scope: Scope) -> Coached:
    return Coached(
        people.load(scope),
        call_slots.of(scope),
        consents.current(scope),
        wallets.load(scope),
        nudges.minutes(scope),
    )


def warnings(coached: Coached, everyone: Sequence[Slot], where: frame.Setup, now: datetime) -> list[str]:
    """Return what an operator had better know before the first call: sentences that begin after "But"."""
    phoned = [slot for slot in coached.slots if slot.by is By.VOICE]
    if not phoned:
        return []
    voice, found = where.config.voice, list[str]()
    if not coached.purposes:
        found.append("they have not agreed yet: Ivy neither calls nor writes before they do (--consent WORDS).")
    elif Purpose.CALLS not in coached.purposes:
        found.append("they have not agreed to calls: they are written to until they do (--consent-calls WORDS).")
    if not coached.person.phone:
        found.append("no number of theirs is known: nobody can be called.")
    if not voice.enabled:
        found.append("voice.enabled is false: they are written to instead.")
    elif coached.person.phone:
        can = reach.reaches(routes.shipped(), voice.number, voice.number_is_imported, coached.person.phone)
        if not can.ok:
            found.append(f"Ivy's number does not reach theirs: {can.why}")
    caps, today = where.config.calls, local_date(now, coached.person.zone)
    mine = call_minutes.forecast(_calls(phoned), today)
    people_slots: dict[str, list[Slot]] = {}
    for slot in (slot for slot in everyone if slot.by is By.VOICE):
        people_slots.setdefault(slot.user_id, []).append(slot)
    together = call_minutes.together(call_minutes.forecast(_calls(each), today) for each in people_slots.values())
    for why in (
        call_minutes.exceeds(mine, caps.minutes_per_person_month),
        call_minutes.day_exceeds(together, caps.minutes_per_day),
    ):
        if why:
            found.append(f"{why}.")
    return found


def _calls(slots: Sequence[Slot]) -> list[call_minutes.Slot]:
    return [call_minutes.Slot(CallKind(slot.kind.value), slot.days) for slot in slots]
