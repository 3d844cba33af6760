"""`ivy dlq`: the dead letters, listed, shown, replayed, discarded. May import: the store, letter_options, frame."""

from typing import Annotated

import typer

from ivy.cli import frame, letter_options, replay_dlq
from ivy.cli.jobs import print_job
from ivy.cli.letter_options import Error, FateOption, Ids, Kind, Limit, Since, User
from ivy.cli.moments import shown
from ivy.domain.replay import in_words
from ivy.errors import UsageError
from ivy.store import dead_letters, job_records
from ivy.store.binding import Connection
from ivy.store.dead_letters import Letter, Wanted
from ivy.store.job_records import JobRecord

command = typer.Typer(
    no_args_is_help=True, help="Dead letters: work that Ivy gave up on, kept to be read and replayed."
)
command.command("replay")(replay_dlq.command)


@command.command("list")
def list_letters(
    kind: Kind = None,
    error: Error = None,
    since: Since = None,
    user: User = None,
    fate: FateOption = None,
    limit: Limit = None,
    as_json: frame.Json = False,
) -> None:
    """List dead letters, the oldest first."""
    wanted = letter_options.wanted(kind=kind, error=error, since=since, fate=fate, limit=limit)
    found = frame.run(_list, wanted, user)
    if as_json:
        frame.print_json(found)
    elif not found:
        frame.note("No dead letters fit.")
    else:
        columns = ["id", "kind", "person", "died at (UTC)", "error", "reason", "a replay"]
        frame.table(f"{len(found)} dead letters", columns, [_row(letter) for letter in found])


def _row(letter: Letter) -> list[str]:
    error = f"{letter.error} (poison)" if letter.poison else letter.error
    would = in_words(letter.fate, letter.kind)
    return [letter.id, letter.kind, letter.person, shown(letter.died_at), error, letter.reason[:120], would]


async def _list(wanted: Wanted, user: str | None) -> list[Letter]:
    async with frame.operator(frame.setup(), action="dlq list") as operator:
        return await operator.read(_find, wanted, user)


def _find(connection: Connection, wanted: Wanted, user: str | None) -> list[Letter]:
    return dead_letters.find(connection, letter_options.with_person(connection, wanted, user), now=letter_options.now())


@command.command("show")
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="A letter's id, or its beginning.")],
    as_json: frame.Json = False,
) -> None:
    """Show one dead letter: what it was, every failure, and what a replay would do."""
    letter, job = frame.run(_load, letter_id)
    if as_json:
        frame.print_json({"letter": letter, "job": job})
        return
    print_job(job)
    poison = " It failed the same way three times running (poison)." if letter.poison else ""
    frame.say(f"A replay: {in_words(letter.fate, letter.kind)}.{poison}")
    frame.note(f"`ivy why {letter.id}` tells the whole story; `ivy dlq replay {letter.id}` replays it.")


async def _load(letter_id: str) -> tuple[Letter, JobRecord]:
    async with frame.operator(frame.setup(), action="dlq show", subject=f"job {letter_id}") as operator:
        letter = await operator.read(dead_letters.load, letter_id, now=letter_options.now())
        return letter, await operator.read(job_records.load, letter.id)


@command.command("discard")
def discard(
    reason: Annotated[str, typer.Option(help="Why nothing is to be done about them; it is kept.")],
    ids: Ids = None,
    kind: Kind = None,
    error: Error = None,
    since: Since = None,
    user: User = None,
    fate: FateOption = None,
    limit: Limit = None,
    yes: frame.Yes = False,
    as_json: frame.Json = False,
) -> None:
    """End dead letters for good, for a reason that is kept; they cannot be replayed afterwards."""
    if not reason.strip():
        raise UsageError("--reason is empty: say why nothing is to be done about them.")
    if not any((ids, kind, error, since, user, fate)):
        raise UsageError("Say which: ids, --kind, --error, --since, --user or --fate.")
    if not yes and (as_json or not frame.can_ask()):
        raise UsageError("Nobody is here to be asked: give --yes to discard.")
    wanted = letter_options.wanted(ids=ids, kind=kind, error=error, since=since, fate=fate, limit=limit)
    ended = frame.run(_discard, wanted, user, reason, yes)
    if as_json:
        frame.print_json({"discarded": ended, "reason": reason})
    else:
        frame.say(f"{len(ended)} discarded.")


async def _discard(wanted: Wanted, user: str | None, reason: str, yes: bool) -> list[str]:
    async with frame.operator(frame.setup(), action="dlq discard", reason=reason, subject="plan") as operator:
        letters = await operator.read(_find, wanted, user)
        if not letters or not (yes or frame.confirm(_question(letters))):
            return []
        return await operator.write(
            dead_letters.discard,
            [letter.id for letter in letters],
            actor=operator.actor,
            reason=reason,
            now=letter_options.now(),
        )


def _question(letters: list[Letter]) -> str:
    kinds = ", ".join(sorted({letter.kind for letter in letters}))
    people = len({letter.user_id for letter in letters if letter.user_id})
    return f"Discard {len(letters)} dead letters ({kinds}) of {people} people for good?"
