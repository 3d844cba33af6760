"""All that is kept of one person, found by the schema itself: to hand it over, to erase it, to prove that it is gone.

May import: scope, binding, memory_vectors. A table with a `user_id` belongs to the person; so does one whose
rows refer to theirs. What is linked to them in another way stands in LINKED, what is nobody's in NOBODYS.
"""

from dataclasses import dataclass
from typing import Any

from ivy.store import memory_vectors
from ivy.store.binding import Connection
from ivy.store.scope import Scope

_NAMES = (
    "SELECT value FROM channel_identities WHERE user_id = :user"
    " UNION SELECT phone FROM users WHERE id = :user AND phone IS NOT NULL"  # texts go there without an identity
)
_AS_STRANGER = "SELECT 'send:' || value || ':' || channel FROM channel_identities WHERE user_id = :user"
_MESSAGES = (
    "(user_id = :user OR (user_id IS NULL AND (json_extract(recipient, '$.external_id') IN (" + _NAMES + ")"
    " OR json_extract(recipient, '$.phone') IN (" + _NAMES + "))))"
)
_ALERTS = (
    "key IN ('handover:' || :user, 'care:' || :user)"
    " OR substr(key, 1, length(:user) + 8) = 'appeal:' || :user || ':'"
    " OR (substr(key, 1, 13) = 'spend:person_' AND substr(key, -length(:user) - 1) = ':' || :user)"
)

LINKED = {
    "message_statuses": f"(channel, external_id) IN (SELECT channel, external_id FROM messages_v2 WHERE {_MESSAGES})"
    f" OR our_id IN (SELECT id FROM messages_v2 WHERE {_MESSAGES})",
    "jobs": f"user_id = :user OR (user_id IS NULL AND lane IN ({_AS_STRANGER}))",
    "call_events": "call_id IN (SELECT id FROM calls WHERE user_id = :user)",
    "lanes": "lane IN ('turn:' || :user, 'over:' || :user, 'embed:' || :user, 'remember:' || :user)"
    " OR substr(lane, 1, length(:user) + 6) = 'send:' || :user || ':'"
    f" OR lane IN ({_AS_STRANGER})",
    "strangers": "(channel, sender) IN (SELECT channel, value FROM channel_identities WHERE user_id = :user)",
    "channel_notices": f"EXISTS (SELECT 1 FROM ({_NAMES}) WHERE length(value) >= 6 AND instr(details, ltrim(value, '+')))",
    "alert_told": f"alert_id IN (SELECT id FROM alerts WHERE {_ALERTS})",
    "alerts": _ALERTS,
    "blocked_addresses": f"value IN ({_NAMES})",
    "messages_v2": _MESSAGES,  # with what they were told while they were strangers
}
"""The person's rows in tables where `user_id` does not tell, or not all; in the order of erasure: each reads the ones below."""

NOBODYS = frozenset(
    {
        "_sqlite_migrations",
        "audit_log",
        "backups",
        "breaker_changes",
        "breaker_overrides",
        "breakers",
        "chain_heads",
        "channel_limits",
        "flows",
        "memory_spaces",
        "model_prefixes",
        "operator_lines",
        "poll_cursors",
        "queue_pauses",
        "replay_plans",
        "restores",
        "schema_additive",
        "schema_migrations",
        "switches",
        "task_crashes",
        "templates",
        "token_factors",
        "webhook_inbox",
    }
)
"""Tables of the operator's own. A webhook's raw bytes may hold the person's words: `erase` empties those."""

KEPT_NAMELESS = frozenset({"cost_ledger"})
"""What stays after an erasure, without the person: the books must still add up."""

KEPT_CHAINED = frozenset({"donations"})
"""What stays as it is, because each row holds the hash of the one before: its user id then names nobody."""

_READ = (
    "id IN (SELECT trace_id FROM messages_v2 WHERE user_id = :user AND direction = 'in') AND NOT EXISTS ("
    "SELECT 1 FROM jobs WHERE jobs.trace_id = webhook_inbox.trace_id AND kind = 'inbound' AND state IN ('ready', 'leased'))"
)


@dataclass(frozen=True)
class Owned:
    """A table and the condition, on `:user`, that picks the person's rows in it."""

    table: str
    mine: str


@dataclass(frozen=True)
class Erased:
    """How many rows went, stayed without a name, and are left, by table; `left` is empty when all is gone."""

    deleted: dict[str, int]
    nameless: dict[str, int]
    emptied_webhooks: int
    left: dict[str, int]


def owned(connection: Connection) -> list[Owned]:
    """Return where a person's rows are, those that refer to others first."""
    tables = [row["name"] for row in connection.execute(_TABLES)]
    found = {"users": "id = :user"}
    found |= {table: "user_id = :user" for table in tables if "user_id" in _columns(connection, table)}
    found |= {table: where for table, where in LINKED.items() if table in tables}
    while more := {
        table: where
        for table in tables
        if table not in found and (where := _through_a_parent(connection, table, found))
    }:
        found |= more
    return [Owned(table, found[table]) for table in _children_first(connection, found)]


_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " AND name NOT LIKE 'memory\\_vectors\\_%' ESCAPE '\\'"  # numbers made of `user_memory`, which go with it
)


def rows(scope: Scope, where: Owned) -> list[dict[str, Any]]:
    """Return the person's rows of one table."""
    return [dict(row) for row in scope.execute(f"SELECT * FROM {where.table} WHERE {where.mine}")]


def counts(scope: Scope) -> dict[str, int]:
    """Return how many rows of the person each table has, tables without any left out."""
    found = {
        where.table: scope.execute(f"SELECT count(*) AS n FROM {where.table} WHERE {where.mine}").fetchone()["n"]
        for where in owned(scope.connection)
    }
    return {table: n for table, n in sorted(found.items()) if n}


def erase(scope: Scope) -> Erased:
    """Delete every row of the person, keep the books without their name, and count what is left."""
    before = counts(scope)
    memory_vectors.forget_all(scope)
    emptied = scope.execute(f"UPDATE webhook_inbox SET body = NULL WHERE body IS NOT NULL AND {_READ}").rowcount
    deleted: dict[str, int] = {}
    nameless: dict[str, int] = {}
    for where in _linked_first(owned(scope.connection)):
        if where.table in KEPT_CHAINED:
            nameless[where.table] = before.get(where.table, 0)
            continue
        if where.table in KEPT_NAMELESS:
            nameless[where.table] = scope.execute(
                f"UPDATE {where.table} SET user_id = NULL WHERE {where.mine}"
            ).rowcount
        else:
            deleted[where.table] = scope.execute(f"DELETE FROM {where.table} WHERE {where.mine}").rowcount
    rest = {table: before[table] - deleted.get(table, 0) - nameless.get(table, 0) for table in before}
    left = _some(rest) | counts(scope)
    return Erased(
        _some(deleted), _some(nameless), emptied, {table: n for table, n in left.items() if table not in KEPT_CHAINED}
    )


def _some(found: dict[str, int]) -> dict[str, int]:
    return {table: n for table, n in sorted(found.items()) if n}


def _linked_first(tables: list[Owned]) -> list[Owned]:
    """What is found through another table must go before that one does; the rest keeps its order."""
    order = list(LINKED)
    return sorted(tables, key=lambda where: order.index(where.table) if where.table in order else len(order))


def _columns(connection: Connection, table: str) -> set[str]:
    return {row["name"] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def _parents(connection: Connection, table: str) -> list[tuple[str, str, str]]:
    """Return (parent table, our column, its column) of each reference a table makes."""
    references = connection.execute('SELECT "table", "from", "to" FROM pragma_foreign_key_list(?)', (table,))
    return [(row["table"], row["from"], row["to"]) for row in references]


def _through_a_parent(connection: Connection, table: str, found: dict[str, str]) -> str:
    conditions = [
        f"{ours} IN (SELECT {theirs} FROM {parent} WHERE {found[parent]})"
        for parent, ours, theirs in _parents(connection, table)
        if parent in found
    ]
    return " OR ".join(conditions)


def _children_first(connection: Connection, found: dict[str, str]) -> list[str]:
    waiting, ordered = set(found), list[str]()
    while waiting:
        named = {parent for table in waiting for parent, _, _ in _parents(connection, table) if parent != table}
        free = sorted(waiting - named)
        if not free:
            raise AssertionError(f"tables that refer to each other in a ring: {sorted(waiting)}")
        ordered += free
        waiting -= set(free)
    return ordered
