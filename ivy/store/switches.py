"""Switches that operators throw while the daemon runs. May import: scope, binding, the ground.

Only what the daemon looks at is listed; each has a value that means "as usual".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ivy.clock import stamp, unstamp
from ivy.domain import providers
from ivy.errors import UsageError
from ivy.store.binding import Connection


class Switch(NamedTuple):
    """What a switch may be set to, what it is until somebody sets it, and what it does."""

    values: tuple[str, ...]
    default: str
    does: str


KNOWN: Mapping[str, Switch] = {
    "spend": Switch(
        ("on", "block"), "on", "block: no model is called, nothing that costs is begun; reminders still go"
    ),
    "typing": Switch(("on", "off"), "on", "off: nobody is shown that Ivy is typing"),
    "voice": Switch(("on", "off"), "on", "off: nobody is phoned; who was to be is written to instead"),
    "flows": Switch(("on", "off"), "on", "off: no form is sent, and one that is open goes on in the chat"),
    providers.SWITCH: Switch(
        providers.CHOICES, providers.AUTO, "NAME-only: no other model is asked, not even when it fails"
    ),
    "memory": Switch(
        ("semantic", "keyword", "off"),
        "semantic",
        "keyword: memories are found by their words, not their meaning; off: none are looked for, and no messages are kept"
        " as such; expenses, and what somebody asks to be remembered, still are",
    ),
    "proactive": Switch(("on", "off"), "on", "off: nobody hears of anything they did not ask for; reminders still go"),
    "read_receipts": Switch(("on", "off"), "on", "off: nobody is shown that their message was read"),
}


@dataclass(frozen=True)
class Setting:
    """A switch as it stands; `set_by` is empty while nobody has touched it."""

    name: str
    value: str
    values: tuple[str, ...]
    default: str
    does: str
    set_at: datetime | None = None
    set_by: str = ""


def value(connection: Connection, name: str) -> str:
    """Return what a switch is set to; a stored value that this version does not know counts as unset."""
    known = _known(name)
    row = connection.execute("SELECT value FROM switches WHERE name = ?", (name,)).fetchone()
    return row["value"] if row is not None and row["value"] in known.values else known.default


def set_value(connection: Connection, name: str, to: str, *, by: str, now: datetime) -> str:
    """Set a switch and return what it was. Raises: UsageError for a name or a value that is not known."""
    known = _known(name)
    if to not in known.values:
        raise UsageError(f"{name} can be {' or '.join(known.values)}, not {to!r}.")
    before = value(connection, name)
    connection.execute(
        "INSERT INTO switches (name, value, set_at_ms, set_by) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET value = excluded.value, set_at_ms = excluded.set_at_ms, set_by = excluded.set_by",
        (name, to, stamp(now), by),
    )
    return before


def all_values(connection: Connection) -> list[Setting]:
    """Return every switch as it stands."""
    stored = {row["name"]: row for row in connection.execute("SELECT * FROM switches")}
    settings: list[Setting] = []
    for name, known in KNOWN.items():
        row = stored.get(name)
        set_at, set_by = (None, "") if row is None else (unstamp(row["set_at_ms"]), row["set_by"])
        settings.append(Setting(name, value(connection, name), *known, set_at, set_by))
    return settings


def _known(name: str) -> Switch:
    if name not in KNOWN:
        raise UsageError(f"No switch is called {name!r}; there are {', '.join(KNOWN)}.")
    return KNOWN[name]
