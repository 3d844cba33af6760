"""What Ivy leans on, by name, and how operators read of it. May import: config, the store, frame, moments."""

from collections.abc import Sequence

from ivy.cli import frame
from ivy.cli.moments import shown
from ivy.config import Config, ModelSection
from ivy.errors import UsageError
from ivy.store import breakers
from ivy.store.breakers import Change
from ivy.store.dependencies import Dependency

BREAKER = "breaker:"
ROLES = ("primary", "fallback", "cheap")


def names(config: Config) -> list[str]:
    """Return what the configuration leans on: channels, models, the transcriber."""
    used = {
        "whatsapp": config.whatsapp.enabled,
        "sms": config.sms.enabled,
        "mail": config.mail.enabled,
        "retell": config.voice.enabled,
        **dict.fromkeys(_models(config).values(), True),
        "transcription": bool(config.transcription.model),
    }
    return [name for name, is_used in used.items() if is_used]


def resolve(name: str, config: Config, known: Sequence[str]) -> str:
    """Return which dependency `breaker:NAME` means; a role stands for its model. Raises: UsageError."""
    wanted = name.removeprefix(BREAKER)
    wanted = _models(config).get(wanted, wanted)
    if wanted not in known:
        raise UsageError(f"There is no breaker {wanted!r}; there are {', '.join((*ROLES, *known))}.")
    return wanted


def check(name: str, value: str) -> None:
    """Raise UsageError for what a breaker cannot be set to."""
    if value not in breakers.STATES:
        raise UsageError(f"{name} can be {' or '.join(breakers.STATES)}, not {value!r}.")


def _models(config: Config) -> dict[str, str]:
    """Return the models' names among the dependencies, by role."""
    found: dict[str, str] = {}
    for role in ROLES:
        section: ModelSection = getattr(config.models, role)
        if section.vendor and section.model:
            found[role] = f"{section.vendor}/{section.model}"
    return found


def said(each: Dependency) -> str:
    """Return how one dependency stands, in a few words."""
    if each.held_by:
        return f"{each.state} by {each.held_by} since {shown(each.since)}"
    if each.state == "throttled":
        return f"asked for a pause until {shown(each.until)}"
    if each.state in ("open", "half-open"):
        trial = f"the next try is at {shown(each.until)}" if each.state == "open" else "the next call is a try"
        return f"{each.state} since {shown(each.since)}; {trial}: {each.reason}"
    failures = f" ({each.failures} failed in a row: {each.reason})" if each.failures else ""
    return each.state + failures


def held(found: Sequence[Dependency]) -> list[str]:
    """Say what somebody holds by hand: nothing else ends that."""
    return [
        f"{each.name} is {said(each)} UTC (`ivy switch {BREAKER}{each.name} auto` lets it go by itself)."
        for each in found
        if each.held_by
    ]


def show(found: Sequence[Dependency]) -> None:
    """Print one line of those that always were well, and a table of the others with their last changes."""
    well = [each.name for each in found if each.is_well and not each.changes and not each.failures]
    rows = [[each.name, said(each), "; ".join(map(_change, each.changes))] for each in found if each.name not in well]
    if well:
        frame.say(f"Well: {', '.join(well)}.")
    if rows:
        frame.table("Breakers (times in UTC)", ["of", "is", "last changes"], rows)


def _change(change: Change) -> str:
    return f"{shown(change.at)} {change.state}" + (f" ({change.reason})" if change.reason else "")
