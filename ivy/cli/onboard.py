"""`ivy onboard`: lets a person in, with what they agreed to and the proof of it. May import: everything.

Who they are is asked first and written in one commit: broken off before, nothing is half done, and the line that goes on from
there is said. How they are coached comes after, answer by answer (`onboard_coach`): broken off there, it goes on when it is
typed again with the phone.
"""

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom
from typing import Annotated

import typer

from ivy.cli import answers, frame, onboard_coach
from ivy.cli.onboard_coach import Coached, CoachFlags
from ivy.clock import SystemClock
from ivy.config import PeopleSection
from ivy.domain import own_currency
from ivy.domain.admission import invite_code
from ivy.domain.consent import Purpose
from ivy.domain.giving import PartialGives
from ivy.domain.ids import uuid7
from ivy.domain.slots import Mode, SlotKind
from ivy.errors import UsageError
from ivy.store import onboarding, people
from ivy.store.onboarding import Entry
from ivy.store.people import NewPerson, Person
from ivy.store.scope import for_user

QUIET = ("21:00", "08:00")


@dataclass(frozen=True)
class Told:
    """What the flags say; None was not typed."""

    name: str | None
    phone: str
    zone: str | None
    locale: str | None
    currency: str | None
    consent: str | None
    quiet_from: str | None
    quiet_to: str | None
    email: str = ""


def command(
    name: Annotated[str | None, typer.Option(help="What Ivy calls them.")] = None,
    phone: Annotated[
        str | None,
        typer.Option(help="Their number with + and country code; empty for somebody with only a WhatsApp username."),
    ] = None,
    email: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Where mail reaches them, for when WhatsApp and SMS do not; not asked for."
        ),
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Their time zone, such as America/Bogota.")] = None,
    locale: Annotated[str | None, typer.Option(help="Language and country, such as es-CO.")] = None,
    currency: Annotated[str | None, typer.Option(help="The currency they count in, such as COP.")] = None,
    consent: Annotated[
        str | None, typer.Option(metavar="WORDS", help="The words in which they agreed; empty if they have not yet.")
    ] = None,
    agrees_to: Annotated[
        list[Purpose] | None, typer.Option(help="What those words agree to; messages if not given. May be repeated.")
    ] = None,
    quiet_from: Annotated[str | None, typer.Option(metavar="HH:MM", help="Nothing unasked for from then on.")] = None,
    quiet_to: Annotated[str | None, typer.Option(metavar="HH:MM", help="Until then.")] = None,
    track: Annotated[str | None, typer.Option(help="individual, or company if an employer pays.")] = None,
    address: Annotated[str | None, typer.Option(help="How Spanish addresses them: tu or usted.")] = None,
    tier: Annotated[str | None, typer.Option(help="free, core, elite or concierge.")] = None,
    goal: Annotated[str | None, typer.Option(metavar="WORDS", help="What they want, in their words.")] = None,
    sessions: Annotated[int | None, typer.Option(help="Workouts a week to begin with.")] = None,
    promised: Annotated[
        int | None, typer.Option(help="Workouts a week that they call realistic: what is kept is raised towards it.")
    ] = None,
    minimum: Annotated[
        int | None, typer.Option(metavar="MINUTES", help="How long a workout done in part must be to count.")
    ] = None,
    part_gives: Annotated[
        PartialGives | None, typer.Option(help="What a workout done in part pledges: none, pro_rata or full.")
    ] = None,
    mode: Annotated[Mode | None, typer.Option(help="Whether Ivy calls them, writes to them, or both.")] = None,
    consent_calls: Annotated[
        str | None, typer.Option(metavar="WORDS", help="The words in which they agreed to calls by an AI.")
    ] = None,
    morning: Annotated[str | None, typer.Option(metavar="HH:MM", help="Daily contact by their clock, or none.")] = None,
    evening: Annotated[str | None, typer.Option(metavar="HH:MM", help="Looking back, each evening, or none.")] = None,
    weekly: Annotated[
        str | None, typer.Option(metavar="HH:MM", help="Planning the week on Sundays, the month on the first, or none.")
    ] = None,
    nudge: Annotated[
        int | None, typer.Option(metavar="MINUTES", help="A text this long before each call; 0: none.")
    ] = None,
    before_workouts: Annotated[
        int | None, typer.Option(metavar="MINUTES", help="A text this long before each workout with a time; 0: none.")
    ] = None,
    charity: Annotated[str | None, typer.Option(help="Who their gifts go to: a name under giving.charities.")] = None,
    amount: Annotated[str | None, typer.Option(help="What each kept workout pledges, in their currency.")] = None,
    as_json: frame.Json = False,
) -> None:
    """Let a person in: asks on a terminal for what the flags leave out.

    With the number of somebody who is known it brings them up to date. Somebody without a number gets an invite code
    to send to Ivy. Without consent Ivy only answers, and never writes first. SMS, where they are switched on, go to the
    same number. Calls need words of their own, and so does a number that Ivy's can reach: what is in the way is said.
    """
    where = frame.setup()
    frame.check_database(where.database)
    said: dict[str, str] = {}
    number = _take(said, "phone", "Phone with + and country code (Enter: only a username)", phone, answers.phone, "")
    known = frame.run(_known, where, number) if number else None
    if known:
        frame.note(f"{known.name} has this number already; what you give now replaces what is there.")
    told = Told(name, number, zone, locale, currency, consent, quiet_from, quiet_to, answers.email(email or ""))
    slots = {SlotKind.MORNING: morning, SlotKind.EVENING: evening, SlotKind.WEEKLY: weekly}
    flags = CoachFlags(
        track,
        address,
        tier,
        goal,
        sessions,
        mode,
        consent_calls,
        slots,
        nudge,
        charity,
        amount,
        promised,
        minimum,
        part_gives,
        before_workouts,
    )
    before = known or _nobody(where.config.people)
    place = answers.zone(zone) if zone else ""
    counted_in = answers.currency(currency) if currency else _counts_in(before, number, place)
    onboard_coach.check(flags, counted_in, where)  # what cannot be read is said before anything is asked
    try:
        entry = interview(told, agrees_to or [Purpose.MESSAGES], before, said)
    except (typer.Abort, KeyboardInterrupt):
        _tell_how_to_go_on(said)
        raise
    coaching = onboard_coach.check(flags, entry.person.currency, where)
    person = frame.run(_write, where, entry, known.id if known else entry.person.id)
    coached = onboard_coach.keep(where, person.id, coaching)
    if frame.can_ask() and person.status != "stopped":
        coached = onboard_coach.ask(where, person.id, flags)
    if as_json:
        agreed = [purpose.value for purpose in entry.purposes]
        frame.print_json({
            "person": coached.person, "new": not known, "agrees_to": agreed, "slots": coached.slots, "warnings": coached.warnings,
        })  # fmt: skip
        return
    _tell(coached, entry, where, new=not known)
    person = coached.person
    if person.invite_code and where.config.admission.policy == "list":
        frame.say("But admission.policy is list, which takes no codes: set it to invite.")


def interview(told: Told, purposes: list[Purpose], before: Person, said: dict[str, str]) -> Entry:
    """Take the flags, ask for the rest, and return what is to be written; `before` has what is taken by default.

    `said` gets each answer that was typed, by its flag.
    Raises: UsageError for what is missing where nobody can be asked.
    """
    now = SystemClock().now()
    name = _take(said, "name", "Name", told.name, answers.name, before.name or None)
    zone = _zone(said, told.zone, before, now)
    locale = _take(said, "locale", "Language and country", told.locale, answers.locale, before.locale)
    counted_in = _counts_in(before, told.phone, zone)
    currency = _take(said, "currency", "Currency", told.currency, answers.currency, counted_in)
    quiet_from = _take(said, "quiet-from", "Nothing unasked for from", told.quiet_from, answers.hour, before.quiet_from)
    quiet_to = _take(said, "quiet-to", "until", told.quiet_to, answers.hour, before.quiet_to)
    words = _take(
        said, "consent", "In which words did they agree to messages (Enter: not yet)", told.consent, answers.words, ""
    )
    chance = SystemRandom()
    person = NewPerson(
        uuid7(now, chance),
        name,
        "active" if told.phone and words else "invited",
        locale,
        zone,
        currency,
        told.phone or None,
        None if told.phone else invite_code(chance),
    )
    proof = f"told to {frame.system_user()} by `ivy onboard` at {now:%Y-%m-%dT%H:%M:%SZ}, in the words: {words}"
    return Entry(person, quiet_from, quiet_to, purposes if words else (), proof if words else "", told.email)


def _take(
    said: dict[str, str],
    flag: str,
    question: str,
    given: str | None,
    read: Callable[[str], str],
    default: str | None = None,
) -> str:
    """Read a flag, else ask until the answer can be read, else take the default. Raises: UsageError."""
    if given is not None:
        return read(given)
    if not frame.can_ask():
        if default is None:
            raise UsageError(f"--{flag} is missing, and there is no terminal to ask on.")
        return read(default)
    while True:
        typed = str(typer.prompt(question, default=default, show_default=bool(default), err=True))
        try:
            said[flag] = read(typed)
            return said[flag]
        except UsageError as error:
            frame.note(str(error))


def _zone(said: dict[str, str], given: str | None, before: Person, now: datetime) -> str:
    """Ask for the zone and show it back as the time there: a wrong zone is noticed by its clock."""
    if given is None and not before.id and not frame.can_ask():
        raise UsageError("--zone is missing, and there is no terminal to ask on.")
    while True:
        typed: dict[str, str] = {}  # until its clock is known to be right
        zone = _take(typed, "zone", "Time zone", given, answers.zone, before.zone)
        question = f"Is it {answers.local_time(now, zone)} there now?"
        if given is not None or not frame.can_ask() or typer.confirm(question, default=True, err=True):
            said |= typed
            return zone


def _tell_how_to_go_on(said: dict[str, str]) -> None:
    """Say what to type so that nothing that was answered is asked again."""
    if said:
        flags = [part for flag, answer in said.items() for part in (f"--{flag}", answer)]
        frame.note(f"\nNothing is written yet. To go on from here: {shlex.join(['ivy', *sys.argv[1:], *flags])}")


def _nobody(defaults: PeopleSection) -> Person:
    """Return what is taken by default for somebody new."""
    return Person("", "", "", defaults.locale, defaults.zone, defaults.currency, None, *QUIET, 0, None, None)


def _counts_in(before: Person, phone: str, zone: str) -> str:
    """Return the currency that is taken by default: theirs, the configuration's, or that of where they live."""
    return own_currency.assumed(before.currency, phone=phone, zone=zone)


async def _known(where: frame.Setup, phone: str) -> Person | None:
    async with frame.open_database(where) as store:
        user_id = await store.read(onboarding.known, phone)
        return await for_user(store, user_id).read(people.load) if user_id else None


async def _write(where: frame.Setup, entry: Entry, subject: str) -> Person:
    """Write it in one commit; return the person as they are now."""
    async with frame.operator(where, action="onboard", reason="a person is let in", subject=subject) as store:
        user_id = await store.write(onboarding.let_in, entry, now=SystemClock().now())
        return await for_user(store.store, user_id).read(people.load)


def _tell(coached: Coached, entry: Entry, where: frame.Setup, *, new: bool) -> None:
    person = coached.person
    there = answers.local_time(datetime.now(UTC), person.zone)
    frame.say(
        f"{person.name} is {'let in' if new else 'up to date'}: {person.status}, {person.zone} ({there} there now),"
    )
    frame.say(
        f"{person.locale}, {person.currency}, quiet from {person.quiet_from} to {person.quiet_to}; id {person.id}."
    )
    if entry.email:
        frame.say(f"Mail reaches them at {entry.email}.")
    if person.invite_code:
        frame.say(f"They have no number here: let them send {person.invite_code} to Ivy's number, once.")
    if person.status == "stopped":
        frame.say("They said stop; only they can take that back, by writing START to Ivy.")
    elif new and not entry.purposes:
        frame.say("Without consent Ivy answers and never writes first; `ivy onboard` again adds it.")
    onboard_coach.tell(coached, where)
