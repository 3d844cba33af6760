"""`ivy users`: who Ivy talks to, and all that is kept of them. May import: everything."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ivy.cli import answers, frame, moments, users_experiments, users_human, users_retention
from ivy.cli.first_configuration import write_private
from ivy.cli.users_human import Words
from ivy.clock import SystemClock
from ivy.daemon.handlers.media import forget
from ivy.errors import StoreError, UsageError
from ivy.store import blocked, consents, exchanges, media, onboarding, people, people_data
from ivy.store.files import Files
from ivy.store.people import Person
from ivy.store.people_data import Erased
from ivy.store.scope import Scope, for_user
from ivy.store.sealing import Sealer
from ivy.threads import PooledThreads

CHANNELS = ("whatsapp", "solo", "sms", "mail")

command = typer.Typer(no_args_is_help=True, help="List, show, move, pause, export or erase people.")

command.command("say")(users_human.say)
command.command("release")(users_human.release)
command.command("excuse")(users_human.excuse)
command.command("retention")(users_retention.retention)
command.command("experiments")(users_experiments.experiments)

Who = Annotated[str, typer.Argument(metavar="WHO", help="Their id, phone, or name.")]


@dataclass(frozen=True)
class Reached:
    """Where a person is reached on a channel; `blocked` says why nothing may be sent there, "" if it may."""

    channel: str
    address: str
    blocked: str


@dataclass(frozen=True)
class Shown:
    """One person, how they are reached, what they agree to, and how many rows of theirs there are, by table.

    `words`: the latest of a chat that was given to a human, oldest first; of no other chat.
    """

    person: Person
    agrees_to: list[str]
    rows: dict[str, int]
    reached: tuple[Reached, ...]
    words: tuple[Words, ...] = ()


@command.command("list")
def list_people(as_json: frame.Json = False) -> None:
    """List everybody."""
    found = frame.run(_everyone, frame.setup())
    if as_json:
        frame.print_json(found)
        return
    rows = [[p.id, p.name, p.status, p.phone or p.invite_code or "", p.zone, p.locale, p.currency] for p in found]
    frame.table(_people(len(found)), ["id", "name", "is", "phone or invite", "zone", "locale", "currency"], rows)


@command.command("show")
def show(who: Who, as_json: frame.Json = False) -> None:
    """Show one person: settings, channels, consent, and what is kept of them; their latest words, if they asked for a human."""
    found = frame.run(_show, frame.setup(), who)
    if as_json:
        frame.print_json(found)
        return
    person = found.person
    until = person.suspended_until
    facts = [
        ["id", person.id],
        ["name", person.name],
        ["is", person.status],
        ["phone", person.phone or "none"],
        *([each.channel, _place(each)] for each in found.reached),
        ["invite code", person.invite_code or "none"],
        ["zone", f"{person.zone}, {answers.local_time(datetime.now(UTC), person.zone)} there now"],
        ["locale, currency", f"{person.locale}, {person.currency}"],
        ["quiet", f"{person.quiet_from} to {person.quiet_to}"],
        ["suspended until", f"{until:%Y-%m-%d %H:%M} UTC" if until else "not suspended"],
        *([["a human answers", f"since {moments.shown(person.handed_over_at)} UTC"]] if person.handed_over_at else []),
        *(
            [["cared for", f"since {moments.shown(person.care_since)} UTC; `ivy review list`"]]
            if person.care_since
            else []
        ),
        ["agrees to", ", ".join(found.agrees_to) or "nothing: Ivy only answers"],
        ["kept", ", ".join(f"{n} {table}" for table, n in found.rows.items())],
    ]
    frame.table(person.name, ["what", "value"], facts)
    if found.words:
        lines = [[moments.shown(each.at), each.who, each.text] for each in found.words]
        frame.table("The latest words", ["at (UTC)", "who", "what"], lines)
        frame.note(
            f'Answer with `ivy users say {person.id} "..."`; `ivy users release {person.id}` gives the chat back.'
        )


@command.command("move")
def move(
    who: Who, zone: Annotated[str, typer.Argument(metavar="ZONE", help="Their new time zone, such as Europe/Madrid.")]
) -> None:
    """Let a person live by another time zone: reminders keep their time of day, appointments stay where they were booked."""
    place = answers.zone(zone)
    person, moved = frame.run(_move, frame.setup(), who, place)
    there = answers.local_time(datetime.now(UTC), person.zone)
    reminders = "1 reminder was" if moved == 1 else f"{moved} reminders were"
    frame.say(f"{person.name} lives by {person.zone}, where it is {there} now; {reminders} moved.")


@command.command("pause")
def pause(who: Who) -> None:
    """Send a person nothing they did not ask for, until `ivy users resume`; what they write is answered."""
    person = frame.run(_set_status, frame.setup(), who, "pause")
    frame.say(f"{person.name} is paused; `ivy users resume {person.id}` ends it.")


@command.command("resume")
def resume(who: Who) -> None:
    """End a pause. Somebody who said stop can only come back by themself."""
    person = frame.run(_set_status, frame.setup(), who, "resume")
    frame.say(f"{person.name} is active.")


@command.command("export")
def export(
    who: Who,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to this new file; stdout if not given.")
    ] = None,
) -> None:
    """Hand over all that is kept of a person, as one JSON document: every table, every row."""
    document = frame.run(_export, frame.setup(), who)
    if to is None:
        frame.print_json(document)
        return
    write_private(to, msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
    frame.note(f"Wrote {to} (only you can read it).")


@command.command("erase")
def erase(who: Who, yes: frame.Yes = False, as_json: frame.Json = False) -> None:
    """Delete all that is kept of a person, and prove it by counting. There is no way back.

    Costs stay in the books without the name, the audit log keeps the id and that it was done. Backups made before
    still have the person.
    """
    where = frame.setup()
    found = frame.run(_show, where, who)
    if not yes:
        frame.note(
            f"{found.person.name} ({found.person.id}): {_rows(sum(found.rows.values()))} would be deleted for ever."
        )
        if not frame.can_ask():
            raise UsageError("Nobody can be asked here; --yes erases without asking.")
        if not frame.confirm("Erase?"):
            frame.note("Nothing was erased.")
            return
    erased = frame.run(_erase, where, found.person.id)
    if as_json:
        frame.print_json({"id": found.person.id, "erased": erased})
    else:
        _tell(found.person.id, erased)
    if erased.left:
        raise StoreError(f"Rows of {found.person.id} are left in {', '.join(erased.left)}; please report it.")


# --- what they do ----------------------------------------------------------------------------------


async def _everyone(where: frame.Setup) -> list[Person]:
    async with frame.operator(where, action="users list") as store:
        return await store.read(people.everyone)


async def _show(where: frame.Setup, who: str) -> Shown:
    async with frame.open_database(where) as store:
        person = await store.read(people.find, who)
    async with frame.operator(where, action="users show", subject=person.id) as operator:
        return await for_user(operator.store, person.id).read(_shown, person)


def _shown(scope: Scope, person: Person) -> Shown:
    agreed = sorted(purpose.value for purpose in consents.current(scope))
    words = users_human.latest_words(scope, person) if person.handed_over_at else ()
    return Shown(person, agreed, people_data.counts(scope), _reached(scope), words)


def _reached(scope: Scope) -> tuple[Reached, ...]:
    found: list[Reached] = []
    for channel in CHANNELS:
        to = people.address(scope, channel)
        if address := to.external_id or to.phone:
            why = blocked.reason(scope.connection, channel, address) or ""
            shown = f"{address}, {to.phone}" if to.phone not in ("", address) else address
            found.append(Reached(channel, shown, why))
    return tuple(found)


async def _move(where: frame.Setup, who: str, zone: str) -> tuple[Person, int]:
    async with frame.open_database(where) as store:
        person = await store.read(people.find, who)
    async with frame.operator(where, action="users move", subject=person.id) as operator:
        mine = for_user(operator.store, person.id)
        moved = await mine.write(onboarding.move, zone, now=SystemClock().now())
        return await mine.read(people.load), moved


async def _set_status(where: frame.Setup, who: str, verb: str) -> Person:
    async with frame.open_database(where) as store:
        person = await store.read(people.find, who)
    async with frame.operator(where, action=f"users {verb}", subject=person.id) as operator:
        await for_user(operator.store, person.id).write(_pause if verb == "pause" else _resume)
        return await for_user(operator.store, person.id).read(people.load)


def _pause(scope: Scope) -> None:
    person = people.load(scope)
    if person.status in ("stopped", "invited"):
        why = "said stop" if person.status == "stopped" else "has not written yet"
        raise UsageError(f"{person.name} {why}: nothing unasked for is sent to them as it is.")
    people.set_status(scope, "paused")


def _resume(scope: Scope) -> None:
    person = people.load(scope)
    if person.status == "stopped":
        raise UsageError(f"{person.name} said stop; only they can take that back, by writing START to Ivy.")
    if person.status != "paused":
        raise UsageError(f"{person.name} is {person.status}, not paused.")
    people.set_status(scope, "active")


async def _export(where: frame.Setup, who: str) -> dict[str, Any]:
    """Return every row of the person, table by table."""
    async with frame.open_database(where) as store:
        person = await store.read(people.find, who)
    async with frame.operator(where, action="users export", subject=person.id) as operator:
        mine = for_user(operator.store, person.id)
        tables = await mine.read(lambda scope: people_data.owned(scope.connection))
        kept = {owned.table: await mine.read(people_data.rows, owned) for owned in tables}
    if said := kept.get("model_exchanges"):
        sealer = Sealer(where.config.store.seal_key.reveal().split())
        kept["model_exchanges"] = [exchanges.readable(sealer, row) for row in said]
    return {
        "person": person.id,
        "exported_at": SystemClock().now(),
        "tables": {table: rows for table, rows in sorted(kept.items()) if rows},
    }


async def _erase(where: frame.Setup, user_id: str) -> Erased:
    async with frame.operator(where, action="users erase", subject=user_id) as operator:
        person = for_user(operator.store, user_id)
        files = await person.read(media.held)
        erased = await person.write(people_data.erase)
        folder = Files(where.config.media_folder(where.folder), PooledThreads())
        await forget(operator.store, folder, files)
        return erased


# --- how they say it -------------------------------------------------------------------------------


def _tell(user_id: str, erased: Erased) -> None:
    rows = [[table, str(n), "deleted"] for table, n in erased.deleted.items()]
    rows += [[table, str(n), "kept without the person"] for table, n in erased.nameless.items()]
    rows.append(["webhook_inbox", str(erased.emptied_webhooks), "emptied"])
    frame.table(f"{user_id} is erased", ["table", "rows", "what became of them"], rows)
    if not erased.left:
        frame.say("Counted again: nothing is left.")


def _place(reached: Reached) -> str:
    return f"{reached.address}, blocked: {reached.blocked}" if reached.blocked else reached.address


def _people(n: int) -> str:
    return "1 person" if n == 1 else f"{n} people"


def _rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n} rows"
