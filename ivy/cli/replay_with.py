"""`ivy replay … --with FILE`: what the first model would say with other words of the system's. May import: everything below."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import SystemRandom

import typer

from ivy.adapters.client import open_client
from ivy.agent.asking_again import ROLE, Again, Asker, Compared, Question, Said
from ivy.cli import frame
from ivy.cli.moments import dollars, shown
from ivy.clock import Clock, SystemClock, unstamp
from ivy.daemon import wiring_models
from ivy.daemon.outside import Outside
from ivy.domain.ids import uuid7
from ivy.errors import UsageError
from ivy.store import recorded, spending
from ivy.store.binding import Connection
from ivy.store.files import Files
from ivy.store.recorded import Recorded
from ivy.store.scope import OperatorStore
from ivy.threads import PooledThreads

SHORT = 60
"""Letters of what was said, in a list of many turns."""
Find = Callable[[Connection, str], Recorded]


@dataclass(frozen=True)
class Wish:
    """What was typed. One `thing`, or the turns of the `last` days, at most `limit`."""

    thing: str
    file: Path
    last: int | None
    limit: int
    yes: bool
    as_json: bool


@dataclass(frozen=True)
class Outcome:
    """All that was asked again; `left` says why the others were not, or not any more. `counts` by how they compare."""

    file: str
    most_micros: int
    cost_micros: int
    counts: dict[str, int]
    turns: tuple[Again, ...]
    left: tuple[str, ...]


def run(wish: Wish, find: Find) -> None:
    """Ask again and show it; ends with 1 if nothing was answered."""
    if wish.thing and wish.last is not None:
        raise UsageError("Give a TURN or --last DAYS, not both.")
    if not wish.thing and wish.last is None:
        raise UsageError("Which turns? Give a TURN, or --last DAYS.")
    if not wish.yes and (wish.as_json or not frame.can_ask()):
        raise UsageError("Nobody is here to be asked: asking a model costs, and --yes says yes to it.")
    outcome = frame.run(_ask, wish, _words(wish.file), find)
    if outcome is None:
        frame.note("Nothing was asked.")
        return
    if wish.as_json:
        frame.print_json(outcome)
    else:
        show(outcome, many=not wish.thing)
    if not any(each.now for each in outcome.turns):
        raise typer.Exit(1)


def _words(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--with {file} cannot be read: {error}") from error
    if not text.strip():
        raise UsageError(f"--with {file} is empty.")
    return text


async def _ask(wish: Wish, words: str, find: Find) -> Outcome | None:
    where, clock, threads = frame.setup(), SystemClock(), PooledThreads()
    config, files = where.config, Files(where.config.media_folder(where.folder), threads)
    subject = wish.thing or f"the last {wish.last} days"
    async with (
        frame.operator(where, action="replay", reason=f"with {wish.file.name}", subject=subject) as operator,
        open_client() as http,
    ):
        turns = await _turns(wish, operator, clock, find)
        model = wiring_models.models_of(config, Outside(http), threads, files)[ROLE]
        prices = wiring_models.prices_of(config, where.folder, clock)
        await prices.load(threads)
        asker = Asker(
            operator.store, clock, model, prices, files,
            caps=spending.caps_of(config.spend), seconds=config.models.primary.timeout_seconds,
        )  # fmt: skip
        questions, left = await prepare(asker, turns, words)
        if not questions:
            raise UsageError(left[0] if left else "No turn of that time asked a model.")
        most = sum(each.most_micros for each in questions)
        times = "once" if len(questions) == 1 else f"{len(questions)} times"
        frame.note(f"{model.name} of {model.vendor} is asked {times}: at most {dollars(most, 4)}. No tool is run.")
        if not wish.yes and not frame.confirm("Ask?"):
            return None
        return await go_through(asker, questions, left, clock, file=wish.file.name)


async def _turns(wish: Wish, operator: OperatorStore, clock: Clock, find: Find) -> list[Recorded]:
    if wish.thing:
        return [await operator.read(find, wish.thing)]
    since = clock.now() - timedelta(days=wish.last or 0)
    ids = await operator.read(recorded.latest, since=since, limit=wish.limit)
    return [await operator.read(recorded.load, each) for each in ids]


async def prepare(asker: Asker, turns: Sequence[Recorded], words: str) -> tuple[list[Question], list[str]]:
    """Return the questions that can be asked again, and why the others cannot."""
    questions: list[Question] = []
    left: list[str] = []
    for turn in turns:
        try:
            questions.append(await asker.question(turn, words))
        except UsageError as error:
            left.append(str(error))
    return questions, left


async def go_through(
    asker: Asker, questions: Sequence[Question], left: Sequence[str], clock: Clock, *, file: str
) -> Outcome:
    """Ask them one by one, as far as the operator's caps go."""
    answers: list[Again] = []
    why = list(left)
    for number, question in enumerate(questions):
        try:
            answers.append(await asker.ask(question, call_id=uuid7(clock.now(), SystemRandom())))
        except spending.CapReached as error:
            why.append(f"{len(questions) - number} were not asked: {error}")
            break
    counts = Counter(each.compared.value if each.compared else "no answer" for each in answers)
    most, cost = sum(each.most_micros for each in questions), sum(each.cost_micros for each in answers)
    return Outcome(file, most, cost, dict(counts), tuple(answers), tuple(why))


# --- showing it --------------------------------------------------------------------------------------


def show(outcome: Outcome, *, many: bool) -> None:
    """Print what was said then and now, side by side."""
    if many and outcome.turns:
        rows = [
            [each.turn_id, each.person, each.compared or "no answer", _short(each.then), _short(each.now, each.failed)]
            for each in outcome.turns
        ]
        frame.table(f"With {outcome.file}", ["turn", "person", "compared", "then", "now"], rows)
    for each in () if many else outcome.turns:
        _show_one(each, outcome.file)
    for each in outcome.left:
        frame.note(each)
    told = ", ".join(f"{count} {what}" for what, count in outcome.counts.items())
    frame.say(
        f"{_turns_of(len(outcome.turns))}: {told or 'none was asked'}. It cost {dollars(outcome.cost_micros, 4)}."
    )
    if outcome.counts.keys() - {Compared.SAME.value}:
        frame.note("A model answers otherwise by chance, too: judge by many turns.")


def _show_one(again: Again, file: str) -> None:
    title = f"Turn {again.turn_id} of {again.person}, {shown(unstamp(again.started_at_ms))} UTC"
    now = again.now or Said("", again.failed, ())
    columns = ["", f"then ({again.prompt}, {again.then.model})", f"now ({file}{f', {now.model}' if now.model else ''})"]
    rows = [["said", again.then.text, now.text], ["tools", _tools(again.then), _tools(now)]]
    frame.table(title, columns, rows)


def _tools(said: Said) -> str:
    return "\n".join(f"{tool} {given}" for tool, given in said.calls) or "none"


def _short(said: Said | None, failed: str = "") -> str:
    words = failed if said is None else "; ".join([*(f"{tool} {given}" for tool, given in said.calls), said.text])
    flat = " ".join(words.split()).strip("; ")
    return flat if len(flat) <= SHORT else flat[: SHORT - 1] + "…"


def _turns_of(number: int) -> str:
    return f"{number} turn{'' if number == 1 else 's'}"
