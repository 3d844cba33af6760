"""One release put in another's place, and back again by itself when it is not well. May import: the upgrade_* files, the domain.

Each step is noted before it is done, so that whoever comes after a crash knows how far it went.
"""

import os
import shlex
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec

from ivy.cli.frame import Setup
from ivy.cli.upgrade_hands import Hands, StepFailed
from ivy.cli.upgrade_health import ASK_SECONDS, ask, usual_probe, wait_until_well
from ivy.cli.upgrade_place import Place
from ivy.cli.upgrade_rehearsal import COPY_SECONDS, FILES, LOOK_SECONDS, MIGRATE_SECONDS, clear, copy_database
from ivy.cli.upgrade_service import ServiceFiles
from ivy.daemon import lock
from ivy.domain import releases, upgrading
from ivy.domain.upgrading import HalfDone, Mend, Step
from ivy.errors import IvyError

LOOK_EVERY = 0.25
CONTROL_SECONDS = 120.0
SNAPSHOT = "before-upgrade"


class TooLate(StepFailed):
    """The way back would lose what was done since the snapshot: that is for a human to decide."""


class WentBack(IvyError):
    """The new release was not taken, and the old one serves again."""


class NotBack(IvyError):
    """The new release was not taken, and the old one does not serve."""


def nothing(_number: int, _frame: object) -> None:
    """Take a signal and go on. (To ignore it would be inherited by what is started meanwhile.)"""


@dataclass
class Switch:
    """Puts `half.new` in the place of `half.old`. `tell(step, seconds, words)` hears of every step that was done."""

    where: Setup
    place: Place
    hands: Hands
    half: HalfDone
    tell: Callable[[str, float, str], None]

    def __post_init__(self) -> None:
        self.files = ServiceFiles(self.place, self.hands)

    def forward(self) -> None:
        """Stop, snapshot, switch, migrate, start, and wait until it is well. Raises: WentBack, NotBack."""
        self.half = _changed(self.half, probe=usual_probe(self.where.config.server))
        self.place.mark_ran(self.half.old)
        if self._is_of_systemd():
            for release in (self.half.old, self.half.new):  # now, and not while the service stands still
                self.files.ask(release)
        try:
            self._do(Step.STOPPING, self._stop)
            self._do(Step.SNAPSHOT, self._snapshot)
            self._do(Step.SWITCHING, lambda: self.place.point(self.half.new) or self.half.new)
            self._do(Step.MIGRATING, self._migrate)
            self._do(Step.STARTING, lambda: self._start(self.half.new))
        except (Exception, KeyboardInterrupt) as error:  # a full disk, even a bug: nothing may leave the service down
            reason = str(error) or "it was interrupted"
            self.back(reason)
            raise WentBack(self.why(reason)) from error
        self._end()

    def back(self, reason: str) -> None:
        """Put the old release back, and the snapshot too if it cannot go on with the database as it is.

        Raises: NotBack when even that fails; `ivy upgrade` then begins with it.
        """
        self.half = _changed(self.half, reason=reason)
        for each in (signal.SIGINT, signal.SIGTERM):  # who sends one has asked for just this
            signal.signal(each, nothing)
        try:
            self._do(Step.RETURNING, self._return)
        except TooLate as error:
            self._end()
            raise NotBack(f"{reason}; but {error}. {self.half.new} stays; docs/upgrade.md says what to do.") from error
        except Exception as error:
            raise NotBack(
                f"{reason}; and going back to {self.half.old} failed too: {error}. Type `ivy upgrade` again once"
                f" that is mended; the log is {self.hands.log}."
            ) from error
        self._end()

    def mend(self) -> bool:
        """Finish an upgrade that was cut off, or go back; return whether the new release stays."""
        clear(self.where.database)
        if not self.half.probe:  # noted by a program from before this field
            self.half = _changed(self.half, probe=usual_probe(self.where.config.server))
        match upgrading.mend(self.half.step, new_serves=self._new_serves()):
            case Mend.FORGET:
                self.place.forget()
                return False
            case Mend.LOOK:
                try:
                    self._do(Step.STARTING, lambda: self._start(self.half.new))
                except StepFailed as error:
                    self.back(str(error))
                    raise WentBack(self.why(str(error))) from error
                self._end()
                return True
            case _:
                failed = self.half.reason
                self.back(failed or "it was cut off")
                if failed:
                    raise WentBack(self.why(failed))
                return False

    def why(self, reason: str) -> str:
        """Return the one line that says what failed, what runs now, and where the log is."""
        return f"{self.half.new} was not taken: {reason}. {self.half.old} runs again; the log is {self.hands.log}."

    def _new_serves(self) -> bool:
        answer = ask(self.where.config.server, "/livez")
        return answer.well and answer.release == self.half.new == self.place.current_name()

    # --- steps -------------------------------------------------------------------------------------

    def _do(self, step: Step, action: Callable[[], str]) -> None:
        self.half = _changed(self.half, step=step)
        try:
            self.place.remember(self.half)
        except OSError:
            if step is not Step.RETURNING:  # the way back goes on without a note
                raise
        began = time.monotonic()
        words = action()
        self.tell(step.value, time.monotonic() - began, words)

    def _stop(self) -> str:
        failed = self._control(self.where.config.service.stop, CONTROL_SECONDS)
        until = time.monotonic() + self.where.config.server.drain_seconds + CONTROL_SECONDS
        while lock.is_held(self.where.database):
            if failed or time.monotonic() > until:
                raise StepFailed(f"`{self.where.config.service.stop}` did not end the daemon")
            time.sleep(LOOK_EVERY)
        return ""

    def _snapshot(self) -> str:
        database = self.where.database
        snapshot = database.with_name(f"{database.name}.{SNAPSHOT}-{self.half.began}")
        copy_database(self.hands, database, snapshot)
        self.half = _changed(self.half, snapshot=str(snapshot))
        self.place.remember(self.half)
        return str(snapshot)

    def _migrate(self) -> str:
        words = [self.place.program(self.half.new), "migrate", "--no-copy", "--json"]
        done = self.hands.must("migrating", self.hands.service(words, seconds=MIGRATE_SECONDS))
        return ", ".join(msgspec.json.decode(done)["migrations"]) or "nothing to migrate"

    def _start(self, release: str) -> str:
        service = self.where.config.service
        files = self._follow(release)
        began = time.monotonic()
        if self._control(service.start, max(service.health_seconds, 1.0)):
            raise StepFailed(f"`{service.start}` failed")
        left = max(service.health_seconds - (time.monotonic() - began), ASK_SECONDS)
        took = wait_until_well(self.where.config.server, self.half.probe, release, seconds=left)
        self.place.mark_ran(release)
        return f"{release} is well after {took:.1f} s{files}"

    def _follow(self, release: str) -> str:
        """Let the unit and the wrapper be those of a release, where systemd starts it."""
        if not self._is_of_systemd():
            return ""
        other = self.half.old if release == self.half.new else self.half.new
        try:
            said = self.files.follow(release, other=other)
        except StepFailed as error:
            if not self.half.reason:  # on the way back nothing may leave the service down
                raise
            said = str(error)
        return said and f"; {said}"

    def _is_of_systemd(self) -> bool:
        return os.geteuid() == 0 and shlex.split(self.where.config.service.start)[:1] == ["systemctl"]

    def _return(self) -> str:
        self._stop()
        self.place.point(self.half.old)
        try:
            words = self._restore_if_needed()
        except TooLate:
            self.place.point(self.half.new)
            self._follow(self.half.new)
            self._control(self.where.config.service.start, CONTROL_SECONDS)
            raise
        self._start(self.half.old)
        return f"{self.half.old} runs again{words}"

    def _restore_if_needed(self) -> str:
        """Ask the old release whether it can go on with the database as it is; most of the time it can."""
        program = self.place.program(self.half.old)
        done = self.hands.service([program, "migrate", "--dry-run", "--json"], seconds=LOOK_SECONDS)
        if not done.code and not msgspec.json.decode(done.out)["migrations"]:
            return ", with the database as it is: nothing is lost"
        if not self.half.snapshot:
            raise StepFailed(f"{self.half.old} cannot read the database: {done.said}")
        age = timedelta(seconds=time.time() - Path(self.half.snapshot).stat().st_mtime)
        if age > upgrading.OLDEST_SNAPSHOT:
            raise TooLate(f"{self.half.old} cannot read the database, and too much was done since {self.half.snapshot}")
        database = self.where.database
        aside = database.with_name(f"{database.name}.set-aside-{self.half.began}")
        restore = [sys.executable, "-P", "-m", FILES, "restore", self.half.snapshot, database, aside]
        kept = self.hands.must("restoring the snapshot", self.hands.service(restore, seconds=COPY_SECONDS)).strip()
        return (
            f", with the snapshot from before; {kept} webhooks that came in since were taken over, and what"
            f" {self.half.new} made of them stands in {aside} only"
        )

    def _control(self, command: str, seconds: float) -> int:
        return self.hands.control(shlex.split(command), seconds=seconds)

    def _end(self) -> None:
        self.place.forget()
        pattern = f"{self.where.database.name}.{SNAPSHOT}-*"
        for old in sorted(self.where.database.parent.glob(pattern))[: -releases.KEPT]:
            old.unlink()


def _changed(half: HalfDone, **changes: object) -> HalfDone:
    return msgspec.structs.replace(half, **changes)
