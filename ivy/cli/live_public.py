"""The first rows of `ivy init --live`: whether the daemon runs, and whether vendors reach it at its public address.

May import: the probes' hops, live_list, frame. What is posted to ourselves is kept as a notice, once.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import trio

from ivy.cli import frame, voice_hops, whatsapp_reach
from ivy.cli.findings import Finding, State
from ivy.cli.frame import Setup
from ivy.cli.live_list import Item, Part, done, first_wrong, not_needed, note, part, waits, wrong
from ivy.cli.tls_look import tls
from ivy.cli.whatsapp_walk import Walk
from ivy.domain.public_paths import REFUSED
from ivy.errors import StoreError

ADDRESS, DAEMON = "Public address", "Daemon"
START = "`ivy daemon` in another terminal, or `systemctl start ivy`; this list goes on by itself"
TLS_SECONDS, ASK_SECONDS = 12.0, 2.0


def daemon(where: Setup) -> Part | None:
    """Return the row that says why nobody takes what comes in; None while a daemon runs on our database."""
    try:
        frame.check_database(where.database)
    except StoreError as error:
        return part(DAEMON, [wrong(str(error), "ivy init makes it, ivy migrate brings it up to date")])
    if not frame.daemon_is_running(where):
        return part(DAEMON, [waits("it does not run", START)])
    return None


def is_needed(where: Setup) -> bool:
    """Say whether anybody has to reach us from outside."""
    config = where.config
    return config.whatsapp.enabled or config.sms.enabled or config.mail.enabled or config.voice.enabled


async def address(walk: Walk, voice: "voice_hops.Walk | None", *, running: bool) -> Part:
    """Look at the public address as a vendor would: over TLS, with a webhook that we signed ourselves."""
    where, url = walk.where, walk.where.config.server.public_url
    if not is_needed(where):
        return part(ADDRESS, [not_needed("WhatsApp, SMS, mail and calls are off")])
    if not url:
        return part(ADDRESS, [wrong("none is set", "set server.public_url to the https address of your TLS proxy")])
    if not running:
        return part(ADDRESS, [waits(f"{url}, once the daemon runs")])
    for failed in (first_wrong(await whatsapp_reach.address(walk)), await _probed(walk, voice)):
        if failed is not None:
            return part(ADDRESS, [wrong(failed.found, failed.mend)])
    tells = "answers with our own signed probe" if _signs(walk, voice) else "answers"
    return part(ADDRESS, [done(f"{url} {tells}"), *await _days(url, walk.now())])


def _signs(walk: Walk, voice: "voice_hops.Walk | None") -> bool:
    return bool(walk.section.enabled and walk.secrets) or voice is not None


async def _probed(walk: Walk, voice: "voice_hops.Walk | None") -> Finding | None:
    """Greet and post to ourselves on the way that vendors take; return what failed, or None."""
    found: list[Finding] = []
    if walk.section.enabled and walk.secrets:
        for hop in (whatsapp_reach.handshake, whatsapp_reach.signed_probe):
            found += await hop(walk)
            if first_wrong(found):
                break
    if voice is not None and not first_wrong(found):
        found += await voice_hops.way_back(voice)
    return first_wrong(found)


async def _days(url: str, now: datetime) -> list[Item]:
    with trio.move_on_after(TLS_SECONDS):
        found = await tls(url, now)
        match found.state:
            case State.OK:
                return [done(f"TLS {found.found.partition(',')[0]}")]
            case State.LOOK | State.MISSING:
                return [note(f"TLS {found.found}", found.mend)]
            case State.NOT_NEEDED:
                return []
    return []


async def refused(walk: Walk) -> Mapping[str, int]:
    """Return what the daemon turned away since its start, by reason; nothing from one that does not tell."""
    import httpx2

    server = walk.where.config.server
    host = f"[{server.ops_host}]" if ":" in server.ops_host else server.ops_host
    with trio.move_on_after(ASK_SECONDS):
        try:
            answer = await walk.public.get(f"http://{host}:{server.ops_port}{REFUSED}")
            return msgspec.json.decode(answer.content, type=dict[str, int])
        except (httpx2.HTTPError, msgspec.MsgspecError, UnicodeDecodeError):
            return {}
    return {}
