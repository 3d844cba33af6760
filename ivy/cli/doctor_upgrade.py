"""What `ivy doctor` says of an upgrade that was cut off: what stands, and what to type. May import: findings, upgrade_place."""

from contextlib import suppress
from pathlib import Path

from ivy.cli.findings import Finding, look, missing, ok
from ivy.cli.upgrade_place import Place
from ivy.config import Config
from ivy.domain.upgrading import HalfDone, Mend, mend
from ivy.errors import StoreError, UsageError

WHAT, TYPE = "upgrade", "ivy upgrade (it first ends what was begun)"


def half_done(config: Config, *, running: bool) -> list[Finding]:
    """Say of an upgrade that is under way, or ended without saying so, how far it went; nothing where there is none."""
    place = Place(Path(config.service.root))
    try:
        half = place.half_done()
    except (StoreError, OSError) as error:
        return [look(WHAT, f"whether one was cut off is not known: {error}", f"sudo cat {place.root}/upgrade.json")]
    if half is None:
        return []
    busy = place.is_busy()
    if busy:
        return [ok(WHAT, f"one to {half.new} is under way: {half.step.value}")]
    was = "was cut off" if busy is False else "was cut off, unless it is under way,"
    found = f"one to {half.new} {was} while {half.step.value}{_stands(place, half)}"
    touched = mend(half.step, new_serves=False) is not Mend.FORGET
    return [missing(WHAT, found, TYPE) if touched and not running else look(WHAT, found, TYPE)]


def _stands(place: Place, half: HalfDone) -> str:
    if mend(half.step, new_serves=False) is Mend.FORGET:
        return "; nothing was touched"
    why = f" ({half.reason})" if half.reason else ""
    with suppress(UsageError):
        return f"{why}; {place.current_name()} is the current one"
    return why
