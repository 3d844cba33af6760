"""`ivy whatsapp probe`: walks from the configuration to a real message, and names the first hop that fails.

May import: everything. The hops are in whatsapp_fields, whatsapp_hops (Meta's side) and whatsapp_reach (ours).
"""

import secrets
from collections.abc import Callable
from typing import Annotated

import typer

from ivy.cli import frame, whatsapp_fields, whatsapp_hops, whatsapp_reach
from ivy.cli.findings import Finding, State
from ivy.cli.frame import Setup
from ivy.cli.whatsapp_walk import Hop, Walk, Wishes, within
from ivy.clock import SystemClock
from ivy.errors import UsageError

META: dict[str, Hop] = {
    "token": whatsapp_hops.token,
    "number": whatsapp_hops.number,
    "subscription": whatsapp_hops.subscription,
}
"""Hops that ask Meta, in order."""
OURS: tuple[Hop, ...] = (whatsapp_reach.daemon, whatsapp_reach.address, whatsapp_reach.handshake)
LAST: tuple[Hop, ...] = (whatsapp_reach.signed_probe, whatsapp_reach.real_message)


def probe(
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for a real message at the end; 0 leaves it out.", min=0)
    ] = 120.0,
    subscribe: Annotated[
        bool, typer.Option("--subscribe", help="Subscribe our app to the account's webhooks if it is not.")
    ] = False,
    register: Annotated[
        bool, typer.Option("--register", help="Put the number on the Cloud API if it is not; asks for its PIN.")
    ] = False,
    as_json: frame.Json = False,
) -> None:
    """Prove the set-up hop by hop, from the configuration to a real message; the first that fails is named with its mend.

    Works beside the running daemon. It sends nothing to anybody; what it posts to Ivy itself is kept as a notice.
    """
    where = frame.setup()
    wishes = Wishes(subscribe, ask_pin() if register else "", wait)
    findings = frame.run(_walk, where, wishes, _ignore if as_json else show)
    failed = any(finding.state is State.MISSING for finding in findings)
    if as_json:
        frame.print_json({"ok": not failed, "hops": findings})
    elif not failed:
        frame.say("Everything works.")
    raise typer.Exit(1 if failed else 0)


async def walk_on(walk: Walk, tell: Callable[[Finding], None]) -> list[Finding]:
    """Walk the hops until one fails; tell each finding as it is made, and return all."""
    found: list[Finding] = []
    for hop in _hops():
        for finding in await hop(walk):
            tell(finding)
            found.append(finding)
        if any(finding.state is State.MISSING for finding in found):
            break
    return found


def _hops() -> tuple[Hop, ...]:
    meta = tuple(_guarded(hop, what) for what, hop in META.items())
    # The form is looked at once it could be saved: Meta saves it only after a handshake.
    return (whatsapp_fields.fields, *meta, *OURS, _guarded(whatsapp_hops.form, "webhook form"), *LAST)


def _guarded(hop: Hop, what: str) -> Hop:
    async def run(walk: Walk) -> list[Finding]:
        return await within(hop, what, walk)

    return run


async def _walk(where: Setup, wishes: Wishes, tell: Callable[[Finding], None]) -> list[Finding]:
    from ivy.adapters.client import open_client

    async with open_client() as http:
        return await walk_on(Walk(where, http, http, SystemClock().now, secrets.token_hex(16), wishes), tell)


def ask_pin() -> str:
    """Ask for the number's two-step PIN: the one it has, or the one it gets with its first registration."""
    if not frame.can_ask():
        raise UsageError("--register asks for the number's six-digit PIN: type it on a terminal.")
    while True:
        typed = str(typer.prompt("The number's two-step PIN, six digits", hide_input=True, err=True)).strip()
        if len(typed) == 6 and typed.isascii() and typed.isdigit():
            return typed
        frame.note("A PIN is six digits.")


def show(finding: Finding) -> None:
    """Print one finding as soon as it is known, with its mend below."""
    frame.say(f"{finding.state.value:<10}  {finding.what}: {finding.found}")
    if finding.mend and finding.state is not State.OK:
        frame.say(f"{'':<10}  → {finding.mend}")


def _ignore(_finding: Finding) -> None:
    pass
