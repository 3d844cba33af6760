"""`ivy voice probe`: walks from the configuration to a webhook that Ivy keeps, and names what is missing, each with its mend.

May import: everything. The hops are in voice_hops.
"""

import secrets
from collections.abc import Callable

import typer

from ivy.cli import frame
from ivy.cli.findings import Finding, State
from ivy.cli.frame import Setup
from ivy.cli.voice_agents import open_api
from ivy.cli.voice_hops import HOPS, Walk, fields, within
from ivy.clock import SystemClock


def probe(as_json: frame.Json = False) -> None:
    """Prove the set-up at Retell: the key, the number, the lines, the agents, and that its webhooks reach Ivy.

    Works beside the running daemon. It calls nobody; what it posts to Ivy itself is kept, and means nothing.
    """
    where = frame.setup()
    findings = frame.run(_walk, where, _ignore if as_json else show)
    failed = any(finding.state is State.MISSING for finding in findings)
    if as_json:
        frame.print_json({"ok": not failed, "hops": findings})
    elif not failed:
        frame.say("Everything that can be seen from here works; `ivy call` to your own number proves the rest.")
    raise typer.Exit(1 if failed else 0)


async def _walk(where: Setup, tell: Callable[[Finding], None]) -> list[Finding]:
    found = fields(where)
    for finding in found:
        tell(finding)
    if any(finding.state is State.MISSING for finding in found):
        return found
    from ivy.adapters.client import open_client

    async with open_api(where.config) as api, open_client() as public:
        return [*found, *await walk_on(Walk(where, api, public, SystemClock().now, secrets.token_hex(16)), tell)]


async def walk_on(walk: Walk, tell: Callable[[Finding], None]) -> list[Finding]:
    """Walk every hop, and stop only where nothing further can be asked: without a key that Retell takes."""
    found: list[Finding] = []
    for name, hop in HOPS.items():
        for finding in await within(hop, name, walk):
            tell(finding)
            found.append(finding)
        if name == "key" and any(finding.state is State.MISSING for finding in found):
            break
    return found


def show(finding: Finding) -> None:
    """Print one finding as soon as it is known, with its mend below."""
    frame.say(f"{finding.state.value:<10}  {finding.what}: {finding.found}")
    if finding.mend and finding.state is not State.OK:
        frame.say(f"{'':<10}  → {finding.mend}")


def _ignore(_finding: Finding) -> None:
    pass
