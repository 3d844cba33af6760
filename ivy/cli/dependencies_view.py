"""What Ivy leans on, by name, and how operators read of it. May import: config, adapters, the store, moments."""

from collections.abc import Sequence
from datetime import datetime

from ivy.cli.moments import near, shown
from ivy.config import Config, ModelSection
from ivy.errors import ConfigError, UsageError
from ivy.store import breakers
from ivy.store.breakers import Change
from ivy.store.dependencies import LATELY, Dependency

BREAKER = "breaker:"
ROLES = ("primary", "fallback", "cheap")


def names(config: Config) -> list[str]:
    """Return what the configuration leans on: channels, models, the transcriber, the embedder."""
    used = {
        "whatsapp": config.whatsapp.enabled,
        "solo": config.solo.enabled,
        "sms": config.sms.enabled,
        "mail": config.mail.enabled,
        "retell": config.voice.enabled,
        **dict.fromkeys(_models(config).values(), True),
        "transcription": bool(config.transcription.model),
        "embedder": _has_embedder(config),
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


def _has_embedder(config: Config) -> bool:
    from ivy.adapters import embedders

    try:
        return embedders.choice(config.memory, None) != embedders.NONE
    except ConfigError:  # it is asked for, and lacks something: `ivy doctor` says what
        return True


def said(each: Dependency, now: datetime | None = None) -> str:
    """Return how one dependency stands, in a few words.

    `now`: times of today are told by their hour alone, and what became of it in the last 24 hours is told too.
    """

    def at(instant: datetime | None) -> str:
        return shown(instant) if instant is None or now is None else near(instant, now)

    became = "" if now is None else lately(each, now)
    if each.held_by:
        return f"{each.state} by {each.held_by} since {at(each.since)}"
    if each.state == "throttled":
        return "; ".join(filter(None, (f"asked for a pause until {at(each.until)}", became)))
    if each.state in ("open", "half-open"):
        trial = f"the next try is at {at(each.until)}" if each.state == "open" else "the next call is a try"
        again = f"; {became}" if now is not None and len(_opened(each, now)) > 1 else ""
        return f"{each.state} since {at(each.since)}; {trial}: {each.reason}{again}"
    failures = f" ({each.failures} failed in a row: {each.reason})" if each.failures else ""
    return "; ".join(filter(None, (each.state + failures, became)))


def lately(each: Dependency, now: datetime) -> str:
    """Return what became of a breaker in the last 24 hours, in a few words; "" where nothing did."""
    if not each.changes or (last := each.changes[0]).at <= now - LATELY:
        return ""
    is_open = last.state in _OPEN
    parts: list[str] = []
    if opened := _opened(each, now):
        when = near(opened[0].at, now)
        times = (
            f"at {when}" if len(opened) == 1 else f"{len(opened)} times since {near(opened[-1].at, now)}, last {when}"
        )
        why = opened[0].reason or (f"by {opened[0].by}" if opened[0].by else "")
        parts.append(f"opened {times}{f' ({why})' if why and not is_open else ''}")
    if not is_open:
        parts.append(f"{_BECAME.get(last.state, last.state)} {near(last.at, now)}")
    return ", ".join(parts)


_OPEN = ("open", "held open")
_BECAME = {"closed": "closed again at", breakers.BY_ITSELF: "let go at", "held closed": "held closed at"}


def _opened(each: Dependency, now: datetime) -> list[Change]:
    """Return when it opened in the last 24 hours, the newest first."""
    return [change for change in each.changes if change.state in _OPEN and change.at > now - LATELY]


def history(each: Dependency) -> list[list[str]]:
    """Return the rows of a table: when, from, to, why, by whom; the newest first."""
    return [
        [shown(change.at), change.before, change.state, change.reason, change.by or "itself"] for change in each.changes
    ]
