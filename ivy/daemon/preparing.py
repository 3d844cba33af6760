"""What comes before anybody works with the database: the end of a restore that was cut off, and this program's schema.

May import: the store; nothing else, for `ivy upgrade` migrates while the service stands still.
"""

from datetime import UTC, datetime
from pathlib import Path

from ivy.store import in_place, migrate
from ivy.store.settings import open_writer


def prepare(path: Path, *, copy_first: bool = True) -> list[str]:
    """Bring the database to this program's schema, after a copy if there was one; return what was applied.

    The caller holds the database's lock. Raises: StoreError, OSError.
    """
    in_place.finish(path)
    existed = path.exists()
    connection = open_writer(path)
    try:
        todo = migrate.pending(connection, migrate.shipped())
        if todo and copy_first and existed and migrate.version(connection):
            copy = path.with_name(f"{path.name}.before-{todo[0].name}-{datetime.now(UTC):%Y%m%d%H%M%S}")
            connection.execute("VACUUM INTO ?", (str(copy),))
            copy.chmod(0o600)
        return migrate.migrate(connection)
    finally:
        connection.close()
