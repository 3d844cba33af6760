"""`ivy send`: writes to somebody with an approved template, at an operator's word. May import: everything.

Every rule of an unasked message holds: what may never go is refused here by its rule, what may go later is held.
"""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated

import typer

from ivy.agent.desk import Desk
from ivy.cli import frame, moments
from ivy.cli.desks import CHANNEL, desk_of
from ivy.clock import SystemClock
from ivy.domain.consent import Consent, PersonStatus, Purpose, may_contact
from ivy.domain.contents import Unbuildable
from ivy.domain.routing import UTILITY, For
from ivy.domain.template_states import advice
from ivy.domain.templates import Definition, digest, digests, fill, find, language_code
from ivy.domain.windows import QuietHours, quiet_until
from ivy.errors import UsageError
from ivy.store import blocked, consents, people, templates
from ivy.store.people import Person
from ivy.store.scope import Scope, for_user


@dataclass(frozen=True)
class Suggested:
    """A template that may be sent to this person now, in their language."""

    name: str
    language: str
    values: tuple[str, ...]
    purpose: str
    quality: str


@dataclass(frozen=True)
class Queued:
    """What was queued. `held_until`: the end of their quiet hours, if they are in them."""

    message: str
    template: str
    language: str
    text: str
    held_until: datetime | None


def command(
    who: Annotated[str, typer.Argument(metavar="WHO", help="Their id, phone, or name.")],
    template: Annotated[
        str, typer.Option(metavar="NAME", help="Which template; without it, those that may be sent are listed.")
    ] = "",
    value: Annotated[
        list[str] | None, typer.Option(metavar="NAME=TEXT", help="What to put in for a variable; once for each.")
    ] = None,
    as_json: frame.Json = False,
) -> None:
    """Write to somebody with an approved template, the one way outside the 24-hour window.

    Refused, with the rule, if it is not approved, lacks a value, or they did not agree to messages. In quiet hours it waits.
    """
    where = frame.setup()
    frame.check_database(where.database)
    if not template:
        _list(frame.run(_suggest, where, who), as_json=as_json)
        return
    queued = frame.run(_send, where, who, template, _values(value or []))
    if as_json:
        frame.print_json(queued)
        return
    frame.say(f"{queued.template} ({queued.language}): {queued.text}")
    waits = "" if queued.held_until is None else f"; held until {moments.shown(queued.held_until)} UTC: quiet hours"
    frame.say(f"Queued as {queued.message}{waits}. `ivy why {queued.message}` tells what becomes of it.")
    if not frame.daemon_is_running(where):
        frame.note("The daemon is not running: nothing leaves before it does.")


def _values(given: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    if wrong := next((given[n] for n, (name, sign, _) in enumerate(pairs) if not (name and sign)), None):
        raise UsageError(f"--value takes NAME=TEXT, not {wrong!r}.")
    return {name.strip(): text for name, _, text in pairs}


def _list(found: list[Suggested], *, as_json: bool) -> None:
    if as_json:
        frame.print_json({"templates": found})
        return
    rows = [[each.name, each.language, ", ".join(each.values), each.purpose, each.quality] for each in found]
    frame.table("Templates that may be sent", ["template", "language", "values", "for", "quality"], rows)


async def _suggest(where: frame.Setup, who: str) -> list[Suggested]:
    async with frame.operator(where, action="send", reason="which templates may be sent") as operator:
        person = await operator.read(people.find, who)
        return await for_user(operator.store, person.id).read(_usable, person, SystemClock().now())


def _usable(scope: Scope, person: Person, now: datetime) -> list[Suggested]:
    """Return the templates that may be sent, those of the best quality first."""
    from ivy.adapters.whatsapp.pack import pack

    ours, names = digests(pack()), sorted({each.name for each in pack()})
    found: list[Suggested] = []
    for name in names:
        usable = templates.usable(scope.connection, CHANNEL, name, person.locale, now=now, digests=ours)
        definition = usable and find(pack(), name, usable.language)
        if usable and definition and usable.category == UTILITY:
            found.append(Suggested(name, usable.language, definition.variables, definition.purpose, usable.quality))
    return sorted(found, key=lambda each: (each.quality != "GREEN", each.quality in ("RED", "YELLOW"), each.name))


async def _send(where: frame.Setup, who: str, name: str, values: dict[str, str]) -> Queued:
    async with frame.open_database(where) as store:
        person = await store.read(people.find, who)
    async with frame.operator(where, action="send", reason=f"the template {name}", subject=person.id) as operator:
        return await for_user(operator.store, person.id).write(queue, person, name, values, desk_of(where))


def queue(scope: Scope, person: Person, name: str, values: dict[str, str], desk: Desk) -> Queued:
    """Queue a template for a person. Raises: UsageError with the rule that forbids it."""
    _check_person(scope, person, desk.now)
    try:
        content = fill(_approved(scope, person, name, desk.now), values)
    except Unbuildable as error:
        raise UsageError(f"Not sent: {error}; --value NAME=TEXT gives one.") from error
    (message,) = desk.send(scope, content, asked_for=False, purpose=For.NOTICE)
    quiet = QuietHours(time.fromisoformat(person.quiet_from), time.fromisoformat(person.quiet_to))
    held_until = quiet_until(quiet, person.zone, desk.now)
    return Queued(message, content.name, content.language, content.text, held_until)


def _check_person(scope: Scope, person: Person, now: datetime) -> None:
    agreed = Consent(consents.current(scope))
    status = PersonStatus(person.status)
    permission = may_contact(status, agreed, person.suspended_until, Purpose.MESSAGES, asked_for=False, now=now)
    if not permission.allowed:
        raise UsageError(f"Not sent: {permission.rule}.")
    to = people.address(scope, CHANNEL)
    value = to.external_id or to.phone
    if not value or blocked.is_blocked(scope.connection, CHANNEL, value):
        raise UsageError(f"Not sent: {person.name} has no address on {CHANNEL} that may be written to.")


def _approved(scope: Scope, person: Person, name: str, now: datetime) -> Definition:
    """Return the words that Meta approved, in the person's language or the nearest. Raises: UsageError."""
    from ivy.adapters.whatsapp.pack import pack

    wanted = find(pack(), name, person.locale)
    if wanted is None:
        raise UsageError(
            f"Not sent: no template is called {name!r}; `ivy send {person.id}` lists those that may be sent."
        )
    usable = templates.usable(scope.connection, CHANNEL, name, person.locale, now=now, digests=digests(pack()))
    if usable is None:
        known = templates.load(scope.connection, CHANNEL, name, language_code(wanted.language))
        status = "it was never submitted" if known is None else f"it is {known.status}"
        raise UsageError(f"Not sent: {name} is not approved ({status}): {advice(known, digest(wanted), now)}.")
    if usable.category != UTILITY:
        raise UsageError(f"Not sent: {name} became {usable.category.lower()}, which costs many times as much.")
    return find(pack(), name, usable.language) or wanted
