"""Whose rows a function may touch: a person's, through `for_user`, or everybody's, through the audited `as_operator`.

May import: database, binding, chains. Functions on a person's rows take a `Scope`: one that forgets whose does not type-check.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from ivy.domain import audit_chain
from ivy.domain.chain import End
from ivy.store import chains
from ivy.store.binding import Connection
from ivy.store.database import Store

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Scope:
    """A connection bound to one person. Only `PersonStore` makes it."""

    connection: Connection
    user_id: str

    def execute(self, sql: str, /, **values: Any) -> Any:
        """Run SQL with `:user` bound to the person, beside the named `values`; the SQL must use it."""
        if ":user" not in sql:
            raise AssertionError(f"SQL in a person's scope that does not name :user: {sql}")
        return self.connection.execute(sql, {"user": self.user_id, **values})


@dataclass(frozen=True)
class PersonStore:
    """One person's part of the store. Made by `for_user`."""

    store: Store
    user_id: str

    async def read(self, function: Callable[Concatenate[Scope, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.store.read(_scoped, self.user_id, function, args, kwargs)

    async def write(self, function: Callable[Concatenate[Scope, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.store.write(_scoped, self.user_id, function, args, kwargs)

    def within(self, connection: Connection) -> Scope:
        """Return this person's scope of a connection whose transaction is already open."""
        return Scope(connection, self.user_id)


def _scoped(
    connection: Connection, user_id: str, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> T:
    return function(Scope(connection, user_id), *args, **kwargs)


def for_user(store: Store, user_id: str) -> PersonStore:
    """Return the only way to one person's rows."""
    return PersonStore(store, user_id)


def within(connection: Connection, user_id: str) -> Scope:
    """Return a person's scope inside a transaction that somebody else opened: a handler's write, an inbound commit."""
    return Scope(connection, user_id)


@dataclass(frozen=True)
class OperatorStore:
    """Everybody's rows, for a reason that is kept. Made by `as_operator`."""

    store: Store
    actor: str
    reason: str

    async def read(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.store.read(function, *args, **kwargs)

    async def write(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.store.write(function, *args, **kwargs)


async def as_operator(
    store: Store, *, actor: str, reason: str, action: str, subject: str = "", at_ms: int
) -> OperatorStore:
    """Return a handle to everybody's rows, once the audit log says who took it and why."""
    await store.write(audit, at_ms=at_ms, actor=actor, action=action, reason=reason, subject=subject)
    return OperatorStore(store, actor, reason)


def audit(
    connection: Connection,
    *,
    at_ms: int,
    actor: str,
    action: str,
    reason: str,
    subject: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Add a line to the audit log, which only ever grows: each holds the hash of the one before."""
    end = chains.end_of_audit(connection)
    values = (end.n + 1, at_ms, actor, action, reason, subject, msgspec.json.encode(details or {}).decode())
    hashed = audit_chain.line_hash(dict(zip(audit_chain.FIELDS, values, strict=True)), end.hash)
    connection.execute(
        "INSERT INTO audit_log (id, at_ms, actor, action, reason, subject, details, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, hashed),
    )
    chains.move(connection, chains.AUDIT, End(end.n + 1, hashed))
