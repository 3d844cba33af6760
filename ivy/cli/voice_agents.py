"""`ivy voice agents`: the agents at Retell, brought to Ivy's words and tools, and listed.

May import: the agent, tools, adapters, frame.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ivy.cli import frame
from ivy.config import Config
from ivy.errors import VendorError

if TYPE_CHECKING:
    from ivy.adapters.retell.agents import Agents, Line
    from ivy.adapters.retell.api import Api
    from ivy.adapters.retell.script import Script

agents = typer.Typer(no_args_is_help=True, help="The agents at Retell: one per language, looked up by name.")
FIRST = "en"
"""The language of the agent that answers a caller nobody knows."""
PATIENCE = 20.0
"""Seconds for which somebody at a terminal waits for their turn at Retell: its limits count the last ten."""


@agents.command("sync")
def sync(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    bind: Annotated[
        bool, typer.Option("--bind", help="Also let callers of our number reach the agent, and Ivy know who they are.")
    ] = False,
    as_json: frame.Json = False,
) -> None:
    """Make or change the agents at Retell until they have Ivy's words and tools, and publish them. Safe to repeat.

    Exit code 1 when something could not be done.
    """
    lines = frame.run(_sync, dry_run, bind)
    failed = sum(line.failed for line in lines)
    if as_json:
        frame.print_json({"ok": not failed, "dry_run": dry_run, "lines": lines})
    else:
        columns = ["agent", "language", "step", "why", "result", "version", "id"]
        table = [
            [each.name, each.language, each.do.value, each.why, each.result, _number(each), each.agent_id]
            for each in lines
        ]
        frame.table("The plan; nothing was done" if dry_run else "Synced", columns, table)
        if failed:
            frame.note(f"{failed} could not be done; `ivy voice agents sync` goes on where it stopped.")
        elif not dry_run:
            frame.note("A daemon that runs dials with them within half an hour; started again, at once.")
    raise typer.Exit(1 if failed else 0)


@agents.command("list")
def list_agents(as_json: frame.Json = False) -> None:
    """List the agents as they are published at Retell, and whether they have Ivy's words and tools of today."""
    lines = frame.run(_sync, True, False)
    if as_json:
        found = [
            {
                "name": each.name,
                "language": each.language,
                "agent_id": each.agent_id,
                "version": each.version,
                "up_to_date": not each.why,
                "why": each.why,
            }
            for each in lines
        ]
        frame.print_json({"agents": found})
        return
    table = [[each.name, each.language, _number(each), _words(each), each.agent_id] for each in lines]
    frame.table("Agents", ["agent", "language", "version", "to do", "id"], table)


def _number(line: "Line") -> str:
    return "" if line.version is None else str(line.version)


def _words(line: "Line") -> str:
    return f"ivy voice agents sync: {line.why}" if line.why else ""


async def _sync(dry_run: bool, bind: bool) -> "list[Line]":
    from ivy.adapters.retell.agents import Agents

    setup = frame.setup()
    async with open_api(setup.config) as api:
        desk, wanted = Agents(api), scripts(setup.config)
        if dry_run:
            return await desk.sync(wanted, dry_run=True)
        async with frame.operator(setup, action="voice agents sync", subject="agents"):
            lines = await desk.sync(wanted)
            return [await _bind(desk, setup.config, line) if bind else line for line in lines]


async def _bind(desk: "Agents", config: Config, line: "Line") -> "Line":
    """Bind our number to the first language's agent, and say so in its line."""
    if line.language != FIRST or line.failed:
        return line
    try:
        await desk.bind(config.voice.number, line.agent_id, config.server.public_url)
    except VendorError as error:
        return replace(line, result=f"{line.result}; the number is not bound: {error.reason}", failed=True)
    return replace(line, result=f"{line.result}, bound to {config.voice.number}")


# --- what the configuration makes of it --------------------------------------------------------------


@asynccontextmanager
async def open_api(config: Config) -> "AsyncGenerator[Api]":
    """Open the way to Retell. Raises: ConfigError without a key."""
    from ivy.adapters.client import open_client
    from ivy.adapters.retell.api import Api

    section = config.voice
    async with open_client() as http:
        yield Api(
            http,
            base_url=section.base_url,
            api_key=section.api_key.reveal(),
            timeout_seconds=section.timeout_seconds,
            patience=PATIENCE,
        )


def scripts(config: Config) -> "list[Script]":
    """Return the agents as they should be, with the words and the tools of this version. Raises: ConfigError."""
    from ivy.adapters.retell.directory import LANGUAGES
    from ivy.adapters.retell.script import Terms, script
    from ivy.agent.call_scripts import TOOLS, VARIABLES, agent_prompt
    from ivy.tools.registry import Registry, families

    section = config.voice
    terms = Terms(
        prefix=section.agent_prefix,
        public_url=config.server.public_url,
        model=section.model,
        voices={"en": section.voice_en, "es": section.voice_es},
        store=section.store,
        retention_days=section.retention_days,
        ring_seconds=config.calls.ring_seconds,
        longest_seconds=config.calls.longest_seconds,
    )
    known = {spec.name: spec for spec in Registry(families(), disabled=config.tools.disabled).specs(voice=True)}
    tools = [known[name] for name in TOOLS if name in known]
    return [
        script(language, terms, prompt=agent_prompt(language), variables=VARIABLES, tools=tools)
        for language in LANGUAGES
    ]
