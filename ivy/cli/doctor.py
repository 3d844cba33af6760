"""`ivy doctor`: reads everything, starts nothing, and says what is missing and how to mend it. May import: everything."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ivy import config as configuration
from ivy.cli import (
    doctor_backup,
    doctor_calls,
    doctor_channels,
    doctor_dependencies,
    doctor_machine,
    doctor_memory,
    doctor_operator,
    doctor_owners,
    doctor_prices,
    doctor_site,
    doctor_upgrade,
    doctor_vendors,
    doctor_whatsapp,
    frame,
    options,
)
from ivy.cli.findings import Finding, State, missing, ok
from ivy.cli.frame import Setup
from ivy.errors import ConfigError, StoreError
from ivy.threads import PooledThreads


def command(
    as_json: frame.Json = False,
    live: Annotated[
        bool, typer.Option("--live", help="Also ask the vendors whether they know us; sends nothing to anybody.")
    ] = False,
) -> None:
    """Say of everything Ivy needs whether it is there, and the line that mends it. Starts and changes nothing.

    `--live` walks from the vendors to the daemon: names, TLS, proxy, signature, clock, token, number, agents. What it posts
    to Ivy itself is kept as a notice. `--json`: `ok`, `findings` and `dependencies`, each with what, state (ok, look,
    missing, not needed), found, mend and takes.

    Exit code 1 when something needed is missing.
    """
    findings = examine(live=live)
    needed = [finding for finding in findings if finding.state is State.MISSING]
    if as_json:
        frame.print_json({"ok": not needed, "findings": findings, "dependencies": _dependencies()})
    else:
        rows = [[each.state.value, each.what, each.found, each.mend, each.takes] for each in findings]
        frame.table("ivy doctor", ["", "what", "found", "to mend it", "takes"], rows)
        leans_on = [[each.state.value, each.what, each.found, each.takes] for each in _dependencies()]
        if leans_on:
            frame.table("What Ivy leans on", ["", "what", "found", "takes"], leans_on)
        frame.note(f"{len(needed)} missing." if needed else "Nothing needed is missing.")
    raise typer.Exit(1 if needed else 0)


def examine(*, live: bool = False) -> list[Finding]:
    """Look at everything; what cannot be looked at without a configuration is left out when there is none."""
    now = datetime.now(UTC)
    findings = [*doctor_machine.sqlite(), *doctor_machine.zones(now), *doctor_machine.clock(now)]
    try:
        where = frame.setup()
    except ConfigError as error:
        path = configuration.config_path(options.given_config.get())
        mend = doctor_backup.lost_key(str(error)) or f"mend {path}; docs/configuration.md has every key"
        mend = mend if path.exists() else "ivy init"
        return [missing("configuration", str(error), mend), *findings, *doctor_machine.disk(Path.cwd() / path)]
    findings = [*_configuration(where), *findings, *_of_machine(where), *_of_vendors(where, now)]
    return [*findings, *frame.run(_ask_vendors, where)] if live else findings


def _dependencies() -> list[Finding]:
    """Return what this configuration leans on outside; nothing where there is no configuration."""
    try:
        return doctor_dependencies.dependencies(frame.setup().config)
    except ConfigError:
        return []


def _configuration(where: Setup) -> list[Finding]:
    """Ask what the daemon would refuse at its start."""
    from ivy.cli.daemon import LEVELS
    from ivy.daemon.wiring import check

    try:
        check(where.config)
    except ConfigError as error:
        return [missing("configuration", str(error), f"mend it in {where.path}")]
    if where.config.log.level not in LEVELS:
        return [missing("configuration", f"log.level is {where.config.log.level!r}", f"use {', '.join(LEVELS)}")]
    return [ok("configuration", str(where.path))]


def _of_machine(where: Setup) -> list[Finding]:
    running = frame.daemon_is_running(where)
    return [
        *doctor_machine.disk(where.database),
        *doctor_machine.database(where.database),
        *doctor_owners.owners(where.database),
        *doctor_machine.media(where.config.media_folder(where.folder)),
        *doctor_machine.daemon(where.database, running=running),
        *doctor_upgrade.half_done(where.config, running=running),
        *doctor_machine.ports(where.config, running=running),
        *doctor_owners.binding(where.config),
    ]


def _of_vendors(where: Setup, now: datetime) -> list[Finding]:
    return [
        *doctor_vendors.secrets(where.config, where.folder, os.environ),
        *doctor_owners.secrets_folder(where.folder),
        *doctor_vendors.seal_key(where.config),
        *doctor_whatsapp.fields(where.config),
        *doctor_channels.solo(where.config),
        *doctor_channels.public_url(where.config),
        *doctor_site.pages(where.config, where.folder),
        *_of_database(where, now),
        *doctor_whatsapp.rates(where.config, where.folder, now.date()),
        *doctor_prices.cards(where.config, where.folder, now.date()),
        *doctor_channels.mail(where.config),
        *doctor_channels.operator_mail(where.config),
        *doctor_operator.ways(where.config),
        *doctor_vendors.models(where.config, now.date()),
        *doctor_channels.transcription(where.config),
        *doctor_memory.embedder(where.config, where.folder),
        *doctor_calls.fields(where.config),
        *doctor_calls.hours(where.config, where.folder, now.date()),
        *doctor_calls.gifts(where.config),
        *doctor_backup.of(where, now),
    ]


def _of_database(where: Setup, now: datetime) -> list[Finding]:
    """Look at what hangs on what the database knows: templates, forms, and which countries texts would go to."""
    from ivy.store import people

    try:
        frame.check_database(where.database)
        with frame.look_into(where.database) as connection:
            phones = [person.phone for person in people.everyone(connection) if person.phone]
            return [
                *doctor_whatsapp.templates(where.config, connection, now),
                *doctor_whatsapp.forms(where.config, connection),
                *doctor_operator.template(where.config, connection, now),
                *doctor_channels.sms(where.config, phones),
                *doctor_calls.schedules(where.config, connection, now.date()),
                *doctor_calls.quality(where.config, connection, now),
            ]
    except StoreError:  # said where the database itself is looked at
        return doctor_channels.sms(where.config, [])


async def _ask_vendors(where: Setup) -> list[Finding]:
    from ivy.adapters.client import open_client
    from ivy.cli.doctor_hops import hops
    from ivy.cli.doctor_live import ask_solo, live
    from ivy.clock import SystemClock

    async with open_client() as http:
        asked = await live(where.config, http, PooledThreads())
        if where.config.solo.enabled and where.config.solo.api_key:
            asked.insert(0, await ask_solo(where.config, http, running=frame.daemon_is_running(where)))
        return [*asked, *await hops(where, http, SystemClock().now)]
