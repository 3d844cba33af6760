"""`ivy restore`: puts a backup back, or only proves it. May import: the store, the daemon's lock, frame, moments."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ivy.cli import backup_lock, frame, moments
from ivy.cli.moments import shown, span
from ivy.errors import ConfigError, UsageError
from ivy.store import restoring
from ivy.store.archives import Lock, keys_of, seal_key_ids
from ivy.store.packing import header_of
from ivy.store.restoring import Found, Order, Restored

AT_BACKUP = "backup"


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup, or a database file that a replica left.")],
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", help="Restore into this folder; default: where ivy.toml says."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put the database that is there aside.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only prove that all of it is whole, and say what it holds.")
    ] = False,
    worked_until: Annotated[
        str,
        typer.Option(
            metavar="WHEN",
            help="How long the Ivy that was backed up went on: 2026-11-30T08:15 (UTC), 2h (ago), or `backup`: no longer.",
        ),
    ] = "",
    passphrase_file: backup_lock.PassphraseFile = None,
    key_file: backup_lock.KeyFile = None,
    passphrase: backup_lock.Passphrase = False,
    as_json: frame.Json = False,
) -> None:
    """Put a backup back: proved whole first, never over a database unless --replace, never beside a running daemon.

    What the Ivy that was backed up may have done after the backup is not done again.
    """
    if not file.is_file():
        raise UsageError(f"There is no file {file}.")
    where = _setup_or_none(wanted=to is None)
    section = where.config.backup if where else None

    def lock() -> Lock:
        return backup_lock.to_open(section, passphrase_file, key_file, ask=passphrase, way=header_of(file).way)

    order = _order(file, to, where, lock, worked_until, replace=replace)
    if check:
        found = restoring.check(order)
        _print_found(file, found, order.now, as_json=as_json)
        return
    from ivy.daemon import lock as daemon_lock

    with daemon_lock.hold(order.database):
        done = restoring.put_back(order)
    keys = seal_key_ids(keys_of(where.config.store.seal_key.reveal())) if where else []
    _print_done(order, done, keys, as_json=as_json)


def _setup_or_none(*, wanted: bool) -> frame.Setup | None:
    """Return the configuration; a restore into a folder needs none."""
    try:
        return frame.setup()
    except ConfigError:
        if wanted:
            raise
        return None


def _order(
    file: Path,
    to: Path | None,
    where: frame.Setup | None,
    lock: Callable[[], Lock],
    worked_until: str,
    *,
    replace: bool,
) -> Order:
    now = datetime.now(UTC)
    if to is None and where is not None:
        database, media = where.database, where.config.media_folder(where.folder)
    else:
        folder = to or Path()
        database, media = folder / "ivy.db", folder / "media"
    return Order(
        file,
        database,
        media,
        lock,
        now,
        actor=frame.actor("restore"),
        replace=replace,
        worked_until=lambda taken_at: _until(worked_until, taken_at, now),
        configuration=None if to is None else to / "ivy.toml",
        tell=_tell,
    )


def _until(typed: str, taken_at: datetime, now: datetime) -> datetime | None:
    return taken_at if typed == AT_BACKUP else moments.since(typed or None, now)


def _tell(line: str) -> None:
    if os.isatty(2):
        frame.note(f"… {line}")


# --- what is said ------------------------------------------------------------------------------------


def _facts(found: Found) -> dict[str, Any]:
    manifest = found.manifest
    return {
        "taken_at": found.taken_at,
        "schema": found.schema,
        "rows": found.counts,
        "files": None if manifest is None else len(manifest.media),
        "files_lost": () if manifest is None else manifest.lost,
        "at_rest": None if manifest is None else manifest.at_rest,
        "seal_keys_not_inside": () if manifest is None else manifest.seal_keys,
    }


def _print_found(file: Path, found: Found, now: datetime, *, as_json: bool) -> None:
    if as_json:
        frame.print_json({"file": str(file), "whole": True, **_facts(found)})
        return
    files = "" if found.manifest is None else f", {len(found.manifest.media)} files"
    frame.say(f"{file} is whole: {sum(found.counts.values())} rows (version {found.schema}){files}.")
    frame.say(f"It was made at {shown(found.taken_at)} UTC, {span(now - found.taken_at)} ago.")


def _print_done(order: Order, done: Restored, keys: list[str], *, as_json: bool) -> None:
    found, settled = done.found, done.settled
    wanted = () if found.manifest is None else found.manifest.seal_keys
    lacking = [key for key in wanted if key not in keys]
    if as_json:
        frame.print_json(
            {
                "database": str(order.database),
                "worked_until": done.worked_until,
                "migrated": done.migrated,
                "not_done_again": settled,
                "replaced": done.replaced and str(done.replaced),
                "files_replaced": done.media_replaced and str(done.media_replaced),
                "configuration": done.configuration and str(done.configuration),
                "seal_keys_lacking": lacking,
                **_facts(found),
            }
        )
        return
    frame.say(f"{order.database} is as it was at {shown(found.taken_at)} UTC, {span(order.now - found.taken_at)} ago.")
    for line in _lines(done):
        frame.say(line)
    if lacking:
        frame.say(f"It wants the seal key {' '.join(lacking)} (store.seal_key_file), which is not configured here.")
    frame.note("Next: `ivy doctor`, then start the daemon.")


def _lines(done: Restored) -> list[str]:
    found, settled = done.found, done.settled
    lines: list[str] = []
    if done.worked_until > found.taken_at:
        lines.append(
            f"Until {shown(done.worked_until)} UTC another Ivy may have worked with it. What people wrote, logged or"
            " stopped since the backup is not in it, and nobody else tells: write to those it matters to."
        )
        lines.append(
            f"Not done again: {settled.calls} calls, {settled.reminders} reminders, {settled.slots} other times that came,"
            f" {settled.over} jobs. Days of that span cost nobody their streak."
        )
        if settled.asked:
            lines.append(
                f"{settled.asked} messages or answers may have been sent: they are dead letters. `ivy replay-dlq` shows them,"
                " and sends what you agree to."
            )
        if found.manifest is not None and found.manifest.at_rest:
            lines.append(
                "The backup was made while no daemon ran: if none ran after it, restore again with --replace"
                " --worked-until backup, and everything goes on as if nothing had been."
            )
    if done.migrated:
        lines.append(f"Brought to this version: {', '.join(done.migrated)}.")
    if found.manifest is None:
        lines.append("A database alone has no files of people: put the folder of media in its place, if you have it.")
    if done.replaced is not None:
        aside = "" if done.media_replaced is None else f", its files at {done.media_replaced}"
        lines.append(f"What was there lies at {done.replaced}{aside}; remove it when you are sure.")
    if done.configuration is not None:
        lines.append(f"The configuration of then lies at {done.configuration}; secrets are not in it.")
    return lines
