"""All rows of a person without the names that chance gave them: two runs that did the same leave the same."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from ivy.store import people_data
from ivy.store.binding import Connection
from ivy.store.scope import within

MONEY = {"ai_usage", "cost_ledger", "spend_days", "model_exchanges"}
"""Not effects: a model that was asked before the crash is asked again, and costs again; the ledger has tests of its own."""
DROPPED = {"lanes"}
"""How the queue goes about its work."""
NAMES = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{64}\b")
TOKEN = re.compile(r"ivy1\.[^.]+\.([^.]*)\.[A-Za-z0-9_-]+")
VENDORS = re.compile(r"wamid\.[A-Za-z0-9+/=_-]+")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00)?|\b\d{13}\b|\b\d{1,2}:\d\d\b")
TRIES = {"attempts", "claims", "claim_no", "crashes", "errors", "first_claimed_at_ms", "leased_by", "resends"}
"""What a row tells of how often something was begun."""
UPKEEP = "upkeep"
"""Jobs of this queue gather what is to be done by the minute: a later life has others, and their work is in other tables."""
TICK = "mark_read"
"""A sign that a message was read: cancelled where it would come too late."""


def effects(connection: Connection, who: str, *, later: bool = False) -> dict[str, list[str]]:
    """Return all rows of a person, by table. `later`: nor when it was, what vendors called it, how often it was tried."""
    scope = within(connection, who)
    return {
        owned.table: sorted(
            _plain(owned.table, row, later=later)
            for row in people_data.rows(scope, owned)
            if not (later and owned.table == "jobs" and (row["queue"] == UPKEEP or row["kind"] == TICK))
        )
        for owned in people_data.owned(connection)
        if owned.table not in MONEY | DROPPED
    }


def _plain(table: str, row: Mapping[str, Any], *, later: bool) -> str:
    if table == "turn_steps":
        row = {"n": row["n"], "kind": row["kind"]}
    if later:
        row = {
            name: value is not None if name.endswith("_ms") else value
            for name, value in row.items()
            if name not in TRIES
        }
    text = msgspec.json.encode({name: value for name, value in row.items() if not isinstance(value, bytes)}).decode()
    text = NAMES.sub("#", TOKEN.sub(r"token \1", text))
    return MOMENT.sub("then", VENDORS.sub("wamid", text)) if later else text
