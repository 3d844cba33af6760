"""`ivy upgrade`: another release in the place of the one that runs, tried first, and back by itself. May import: everything.

What needs the configuration, and the daemon's modules, is imported only when the command runs.
"""

import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import msgspec
import typer

from ivy.cli import frame
from ivy.cli.upgrade_hands import Hands, StepFailed, hands_of
from ivy.cli.upgrade_place import Place
from ivy.cli.upgrade_rehearsal import Rehearsed, rehearse
from ivy.cli.upgrade_source import Clone, Wanted
from ivy.cli.upgrade_switch import NotBack, Switch, WentBack, nothing
from ivy.domain import releases
from ivy.domain.upgrading import HalfDone, Step
from ivy.errors import IvyError, UsageError
from ivy.store import migrate


class Told(msgspec.Struct):
    """One step that was done, and how long it took."""

    step: str
    seconds: float
    said: str


@dataclass
class Report:
    """What becomes of an upgrade, as `--json` prints it."""

    old: str
    new: str = ""
    outcome: str = "nothing to do"
    """nothing to do, planned, rehearsed, upgraded, refused (nothing was touched), went back, or not back (it failed, too)."""
    why: str = ""
    migrations: list[str] = field(default_factory=list[str])
    asked: list[str] = field(default_factory=list[str])
    """What the CHANGELOG asks of the operator."""
    way_back: str = ""
    """"as it is", or "snapshot": what arrives after the start would be taken over into it."""
    steps: list[Told] = field(default_factory=list[Told])
    log: str = ""


def command(
    to: Annotated[str, typer.Option(metavar="REF", help="A tag, branch or commit; the newest of its branch.")] = "",
    rehearsal: Annotated[bool, typer.Option("--rehearse", help="Only build it and try it on a copy.")] = False,
    back: Annotated[bool, typer.Option("--back", help="Go back to the release before this one.")] = False,
    yes: frame.Yes = False,
    as_json: frame.Json = False,
) -> None:
    """Put a newer release in the place of the one that runs: build, rehearse on a copy, stop, snapshot, migrate, start, look.

    If it is not well within [service] health_seconds, the old release comes back by itself, exit code 1. Cut off at any
    moment, the next `ivy upgrade` first finishes or goes back. docs/upgrade.md has the rest.
    """
    if to and back:
        raise UsageError("--back knows where it goes: leave --to out.")
    where = frame.setup()
    place = Place(Path(where.config.service.root).resolve())
    old = place.current_name()
    with _unhurried(), place.alone() as held:
        began = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
        log = place.new_log(began)
        report = Report(old, log=str(log))
        hands = hands_of(where, log, held=held)
        place = replace(place, readers=hands.owner and hands.owner[1])
        upgrade = _Upgrade(where, place, hands, began, report, spoken=not as_json)
        try:
            upgrade.run(to, back=back, only_rehearse=rehearsal, yes=yes)
        except (StepFailed, WentBack, NotBack) as error:
            report.outcome = _outcome(error)
            report.why = str(error)
            if as_json:
                frame.print_json(report)
            raise
        if as_json:
            frame.print_json(report)
        if report.outcome == "planned":
            raise typer.Exit(1 if frame.can_ask() else 2)


@dataclass
class _Upgrade:
    where: frame.Setup
    place: Place
    hands: Hands
    began: str
    report: Report
    spoken: bool

    def run(self, to: str, *, back: bool, only_rehearse: bool, yes: bool) -> None:
        if half := self.place.half_done():
            self._mend(half)
        self.report.old = self.place.current_name()
        if back:
            self.report.new = self.place.previous()
            wanted = None
        else:
            wanted = Clone(self.place, self.hands).find(to)
            self.report.new = wanted.name
            self._plan(wanted)
        if self.report.new == self.report.old:
            self._say(f"{self.report.old} is what runs already.")
            return
        self._say(f"{self.report.old} runs; {self.report.new} is to take its place.")
        if not (only_rehearse or yes or frame.confirm("Take it?")):
            self.report.outcome = "planned"
            self._say("Nothing was changed; --yes does it without asking, --rehearse only tries it.")
            return
        self._try(wanted)
        if only_rehearse:
            self.report.outcome = "rehearsed"
            return
        self._switch().forward()
        self.report.outcome = "upgraded"
        self._prune()
        self._say(f"{self.report.new} runs. `ivy upgrade {self._way_back()}` leads back to {self.report.old}.")

    def _way_back(self) -> str:
        """Return the option that leads to the release that ran before: `--back` is an older one than the current one."""
        older = self.place.older(self.report.new)
        return "--back" if older[:1] == [self.report.old] else f"--to {self.report.old.rpartition('-')[2]}"

    def _plan(self, wanted: Wanted) -> None:
        """Say what is known before anything is built: migrations, and what the operator has to do."""
        if wanted.told:
            frame.note(f"{wanted.told}; going by what is here.")
        if wanted.name == self.report.old:
            return
        mine = {each.name for each in migrate.shipped()}
        self.report.migrations = sorted(wanted.migrations - mine)
        self.report.asked = releases.asked(self._changelog(), wanted.changelog)
        if self.report.migrations:
            self._say(f"It migrates the database: {', '.join(self.report.migrations)}.")
        if self.report.asked:
            self._say("\n".join(["What you must do then:", *(f"  - {task}" for task in self.report.asked)]))

    def _changelog(self) -> str:
        with suppress(OSError):
            return (self.place.folder(self.report.old) / "CHANGELOG.md").read_text()
        return ""

    def _try(self, wanted: Wanted | None) -> None:
        """Build the release and rehearse it. Raises: StepFailed; the service runs on untouched."""
        try:
            self._note(Step.BUILDING)
            if wanted is not None:
                at = monotonic()
                made = Clone(self.place, self.hands).build(wanted)
                self._tell("building", monotonic() - at, "" if made else "it was made before")
            self._note(Step.REHEARSING)
            at = monotonic()
            seen = rehearse(self.place, self.hands, self.where.database, old=self.report.old, new=self.report.new)
            self._tell("rehearsing", monotonic() - at, self._seen(seen))
        except StepFailed as error:
            raise StepFailed(
                f"{self.report.new} was not taken: {error}. {self.report.old} runs on untouched; the log is {self.hands.log}."
            ) from error
        finally:
            self.place.forget()

    def _seen(self, seen: Rehearsed) -> str:
        self.report.migrations = seen.migrations
        self.report.way_back = "as it is" if seen.old_reads_it else "snapshot"
        way = (
            f"{self.report.old} can go on with the result"
            if seen.old_reads_it
            else "the way back needs the snapshot: what came in after the start would be taken over into it"
        )
        return "; ".join([f"{len(seen.migrations)} migrations on a copy", way, *seen.notes])

    def _switch(self) -> Switch:
        half = HalfDone(Step.REHEARSING, self.report.old, self.report.new, self.began, log=self.report.log)
        return Switch(self.where, self.place, self.hands, half, self._tell)

    def _mend(self, half: HalfDone) -> None:
        """Bring an upgrade that was cut off to an end first."""
        self._say(f"An upgrade to {half.new} was cut off while {half.step.value}.")
        self.report.new = half.new
        if Switch(self.where, self.place, self.hands, half, self._tell).mend():
            self._say(f"{half.new} is well and stays.")

    def _prune(self) -> None:
        if gone := self.place.prune(Path(sys.prefix)):
            self._say(f"Removed releases that are old, or never ran: {', '.join(gone)}.")

    def _note(self, step: Step) -> None:
        self.place.remember(HalfDone(step, self.report.old, self.report.new, self.began, log=self.report.log))

    def _tell(self, step: str, seconds: float, said: str) -> None:
        self.report.steps.append(Told(step, round(seconds, 1), said))
        self._say(f"{step:<11} {seconds:6.1f} s  {said}".rstrip())

    def _say(self, text: str) -> None:
        if self.spoken:
            with suppress(OSError):  # the terminal may be gone; what was begun goes on
                frame.say(text)


def _outcome(error: IvyError) -> str:
    if isinstance(error, WentBack):
        return "went back"
    return "not back" if isinstance(error, NotBack) else "refused"


@contextmanager
def _unhurried() -> Generator[None]:
    """Outlive the terminal, and take SIGTERM for Ctrl-C: an upgrade that is cut off goes back first."""

    def stop(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    before = {each: signal.getsignal(each) for each in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGHUP, nothing)
    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
