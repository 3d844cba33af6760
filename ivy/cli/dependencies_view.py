"""What Ivy leans on, by name, and how operators read of it. May import: config, the store, moments."""

from collections.abc import Sequence
from datetime import datetime

from ivy.cli.moments import near, shown
from ivy.config import Config, ModelSection
from ivy.errors import UsageError
from ivy.store import breakers
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


def said(each: Dependency, now: datetime | None = None) -> str:
    """Return how one dependency stands, in a few words; `now`: times of today are told by their hour alone."""

    def at(instant: datetime | None) -> str:
        return shown(instant) if instant is None or now is None else near(instant, now)

    if each.held_by:
        return f"{each.state} by {each.held_by} since {at(each.since)}"
    if each.state == "throttled":
        return f"asked for a pause until {at(each.until)}"
    if each.state in ("open", "half-open"):
        trial = f"the next try is at {at(each.until)}" if each.state == "open" else "the next call is a try"
        return f"{each.state} since {at(each.since)}; {trial}: {each.reason}"
    failures = f" ({each.failures} failed in a row: {each.reason})" if each.failures else ""
    return each.state + failures
