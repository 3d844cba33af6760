"""`ivy users experiments`: what came of each arm, and whether that tells anything yet. May import: everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from ivy.cli import frame
from ivy.cli.users_retention import in_percent, words
from ivy.clock import SystemClock
from ivy.domain.experiment_results import Arm, Counted, verdict
from ivy.domain.experiments import Experiments
from ivy.domain.retention import HORIZONS, LEAST
from ivy.errors import UsageError
from ivy.store import experiment_reports
from ivy.store.binding import Connection

COLUMNS = ("arm", "people", "planned days kept", "comebacks", f"there on day {HORIZONS[0]}")


@dataclass(frozen=True)
class Experiment:
    """`state`: to come, running, over, or not configured any more; `verdict` is all that may be concluded."""

    name: str
    setting: str
    begins: date | None
    ends: date | None
    state: str
    arms: tuple[Arm, ...]
    verdict: str


@dataclass(frozen=True)
class Report:
    """`asked_at` is the instant it was counted."""

    asked_at: datetime
    experiments: tuple[Experiment, ...]


def experiments(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Only this one, as it is configured.")] = None,
    as_json: frame.Json = False,
) -> None:
    """Compare the arms of each experiment: planned days kept, returns within 48 hours of a miss, who is still there."""
    where = frame.setup()
    found = frame.run(_report, where, name)
    if as_json:
        frame.print_json(found)
        return
    if not found.experiments:
        frame.say("No experiment is configured, and nobody has an arm of one; docs/experiments.md tells how.")
    for each in found.experiments:
        dates = f", {each.begins} to {each.ends}" if each.begins and each.ends else ""
        frame.table(
            f"{each.name}: {each.setting or 'its setting is not known'}{dates}, {each.state}", COLUMNS, _rows(each)
        )
        frame.say(each.verdict)


async def _report(where: frame.Setup, name: str | None) -> Report:
    async with frame.operator(where, action="users experiments") as store:
        return await store.read(report, where.config.experiments, name, now=SystemClock().now())


def report(connection: Connection, known: Experiments, name: str | None, *, now: datetime) -> Report:
    """Return what came of the experiments. Raises: UsageError for a name that none has."""
    named = sorted({*known, *experiment_reports.names(connection)})
    if name is not None and name not in named:
        there = f"there are {', '.join(named)}" if named else "there is none"
        raise UsageError(f"No experiment is called {name!r}; {there}.")
    wanted = named if name is None else [name]
    return Report(now, tuple(_experiment(connection, each, known, now) for each in wanted))


def _experiment(connection: Connection, name: str, known: Experiments, now: datetime) -> Experiment:
    section, today = known.get(name), now.astimezone(UTC).date()
    arms = experiment_reports.arms(connection, name, section, now=now)
    if section is None or section.begins is None or section.ends is None:
        return Experiment(name, "", None, None, "not configured", tuple(arms), verdict(arms, until=None))
    state = "to come" if today < section.begins else "over" if today > section.ends else "running"
    compared = [each for each in arms if section.arms.get(each.arm) == each.value]  # not what an arm was before
    said = verdict(compared, until=section.ends if state == "running" else None)
    return Experiment(name, section.setting, section.begins, section.ends, state, tuple(arms), said)


# --- how they say it -------------------------------------------------------------------------------


def _rows(found: Experiment) -> list[list[str]]:
    return [_row(each, found.arms) for each in found.arms]


def _row(each: Arm, arms: Sequence[Arm]) -> list[str]:
    is_one = sum(other.arm == each.arm for other in arms) == 1
    title = f"{each.arm} ({each.value:g})" if is_one else f"{each.arm} (when it was {each.value:g})"
    if each.people is None:
        return [title, f"fewer than {LEAST}", "", "", ""]
    return [title, str(each.people), _counted(each.days), _counted(each.comebacks), words(each.retention)]


def _counted(each: Counted | None) -> str:
    if each is None or each.share is None:
        return "none yet"
    return f"{each.of_them} of {each.all}, {in_percent(each.share)}"
