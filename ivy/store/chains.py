"""Where each chain of hashes ends, written with its rows, and the check of whole chains. May import: binding, the domain.

The end stands beside the chain, because what is left of a chain that was cut off is right in itself.
"""

from collections.abc import Iterator
from typing import Any

from ivy.domain import audit_chain, chain
from ivy.domain.chain import BEGINNING, Checked, End
from ivy.store.binding import Connection

LEDGER = "donations"
AUDIT = "audit_log"


def end_of(connection: Connection, name: str) -> End | None:
    """Return where a chain was when a row was last added; None if that is not kept (any more). Its hash may be ""."""
    row = connection.execute("SELECT n, hash FROM chain_heads WHERE chain = ?", (name,)).fetchone()
    return row and End(row["n"], row["hash"])


def move(connection: Connection, name: str, end: End) -> None:
    """Keep the new end of a chain, in the commit of its row. One that was taken away is not made anew: it is missed."""
    connection.execute("UPDATE chain_heads SET n = ?, hash = ? WHERE chain = ?", (end.n, end.hash, name))


# --- what the next row follows -----------------------------------------------------------------------


def end_of_ledger(connection: Connection) -> End:
    """Return what the next gift follows: what it is known to end with. If that was cut off or changed, it stays to be seen."""
    last = connection.execute("SELECT n, hash FROM donations ORDER BY n DESC LIMIT 1").fetchone()
    end = end_of(connection, LEDGER)
    found = End(last["n"], last["hash"]) if last else End()
    return end if end is not None and end.n >= found.n and end.hash else found


def end_of_audit(connection: Connection) -> End:
    """Return what the next line of the audit log follows, with what an older Ivy added meanwhile."""
    end = end_of(connection, AUDIT)
    if end is None or not end.hash:
        end = End()
    return audit_chain.roll(_lines(connection, after=end.n), end)


def _lines(connection: Connection, *, after: int = 0) -> Iterator[dict[str, Any]]:
    rows = connection.execute("SELECT * FROM audit_log WHERE id > ? ORDER BY id", (after,))
    return (dict(row) for row in rows)


# --- the check -------------------------------------------------------------------------------------


def check_ledger(connection: Connection) -> Checked:
    """Check the whole ledger of gifts, and that it goes as far as it went."""
    links = (dict(row) for row in connection.execute("SELECT * FROM donations ORDER BY n"))
    checked = chain.check(links, whole=True)
    if not _has_ends(connection):
        return checked
    end = end_of(connection, LEDGER)
    at_end = connection.execute("SELECT hash FROM donations WHERE n = ?", (end.n if end else 0,)).fetchone()
    return chain.end_of(checked, checked.rows, at_end["hash"] if at_end else BEGINNING, end)


def check_audit(connection: Connection) -> Checked:
    """Check the whole audit log, and that it goes as far as it went; of a database from before, nothing can be said."""
    if not _has_ends(connection):
        return Checked(0, BEGINNING)
    return audit_chain.check(_lines(connection), end_of(connection, AUDIT))


def _has_ends(connection: Connection) -> bool:
    """Say whether the ends of chains are kept: a backup may be of an Ivy that did not."""
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'chain_heads'").fetchone())
