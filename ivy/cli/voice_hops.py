"""The hops of `ivy voice probe`: fields, key, badge, number, lines, agents, and the way back to us. May import: everything.

Sources: Retell, "Manage API keys", "Import number", "Concurrency"; reference voice.md 1.9, 1.10 and 3.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import trio

from ivy.cli import frame
from ivy.cli.findings import Finding, look, missing, ok
from ivy.cli.frame import Setup
from ivy.cli.voice_agents import scripts
from ivy.config import VoiceSection
from ivy.errors import ConfigError, OutcomeUnknown, StoreError, VendorBusy, VendorError, VendorRefused

if TYPE_CHECKING:
    import httpx2

    from ivy.adapters.retell.api import Api

ANSWER_SECONDS = 20.0
PROBE_EVENT = "ivy_probe"
"""No event of Retell's: what is kept of it means nothing."""
KEYS = "Retell's dashboard > Settings > API Keys"
BADGE = (
    f"{KEYS}: give the webhook badge to this key, or put the key that has it into the file of voice.webhook_keys_file"
)
BIND = "ivy voice agents sync --bind"
SYNC = "ivy voice agents sync"
PROXY = "see that the proxy passes /api/retell/ on to server.host and server.port, path and body unchanged"
NUMBERS = "Retell's dashboard > Phone Numbers: buy it or import it there, or set voice.number to one of its numbers"
LATEST = 2000
"""How far back in the inbox webhooks are looked at."""


@dataclass(frozen=True)
class Walk:
    """One walk along the hops. `public` reaches the address that Retell calls."""

    where: Setup
    api: "Api"
    public: "httpx2.AsyncClient"
    now: Callable[[], datetime]
    nonce: str

    @property
    def section(self) -> VoiceSection:
        return self.where.config.voice

    @property
    def public_url(self) -> str:
        return self.where.config.server.public_url.rstrip("/")


Hop = Callable[[Walk], Awaitable[list[Finding]]]


def webhook_keys(section: VoiceSection) -> tuple[str, ...]:
    """Return the keys that may sign webhooks: those that were given, else the API key."""
    return tuple(section.webhook_keys.reveal().split()) or (section.api_key.reveal(),)


async def within(hop: Hop, what: str, walk: Walk) -> list[Finding]:
    """Walk one hop, and say a failure nobody foresaw in Retell's words."""
    try:
        return await hop(walk)
    except (VendorBusy, OutcomeUnknown) as error:
        return [missing(what, error.reason, "see that this machine reaches Retell, and try again in a minute")]
    except VendorError as error:
        return [missing(what, error.reason, "mend what Retell names, in its dashboard")]
    except ConfigError as error:
        return [missing(what, str(error), "set it in ivy.toml")]


def fields(where: Setup) -> list[Finding]:
    """Look at the configuration, asking nobody."""
    from ivy.adapters.retell.dialing import PHONE

    section, found = where.config.voice, list[Finding]()
    if not section.enabled:
        found.append(look("voice.enabled", "calls are off", "voice.enabled = true, once the rest is ok"))
    if not section.api_key:
        found.append(missing("voice.api_key_file", "no key", f"{KEYS} > Create; put it into that file"))
    if not PHONE.fullmatch(section.number):
        found.append(missing("voice.number", f"{section.number or 'none'} is no number in E.164", NUMBERS))
    if not where.config.server.public_url:
        found.append(missing("server.public_url", "none: Retell cannot reach Ivy", "set server.public_url"))
    return found or [ok("configuration", f"calls are made from {section.number}")]


# --- Retell's side -----------------------------------------------------------------------------------


async def key(walk: Walk) -> list[Finding]:
    """Ask whose our key is."""
    from ivy.adapters.lenient import word

    told = await walk.api.get("/get-api-key-info")
    name, workspace = word(told, "api_key_name"), word(told, "org_name")
    return [ok("key", f"{name or 'a key without a name'}, of {workspace or 'a workspace without a name'}")]


async def badge(walk: Walk) -> list[Finding]:
    """See whether a webhook of Retell's was ever believed: nothing else shows which key signs them."""
    given = "the keys of voice.webhook_keys_file" if walk.section.webhook_keys else "the API key itself"
    told = f"webhooks are checked with {given}"
    if _was_believed(walk):
        return [ok("webhook key", f"{told}; Retell's have passed")]
    return [look("webhook key", f"{told}; none of Retell's has come yet", BADGE)]


def _was_believed(walk: Walk) -> bool:
    from ivy.adapters.retell import reports
    from ivy.errors import Unreadable
    from ivy.store import arrivals, inbox
    from ivy.store.sealing import Sealer

    try:
        sealer = Sealer(walk.where.config.store.seal_key.reveal().split())
        with frame.look_into(walk.where.database) as connection:
            since = max(arrivals.last_position(connection) - LATEST, 0)
            kept = arrivals.after(connection, reports.VENDOR, since)
    except (StoreError, ConfigError):
        return False
    for each in kept:
        try:
            if each.sealed and reports.parse(sealer.open(each.sealed, inbox.place(each.id))):
                return True
        except (StoreError, Unreadable):
            continue
    return False


async def number(walk: Walk) -> list[Finding]:
    """Ask about our number: whether it is Retell's, whom callers reach, and where it may call."""
    from ivy.adapters.retell.agents import Agents
    from ivy.adapters.retell.directory import find, name_of
    from ivy.cli.voice_agents import FIRST
    from ivy.domain.public_paths import RINGING

    try:
        found = await Agents(walk.api).number(walk.section.number)
    except VendorRefused as error:
        return [missing("number", f"{walk.section.number}: {error.reason}", NUMBERS)]
    findings = [ok("number", f"{walk.section.number}, {found.kind or 'of an unknown kind'}"), *_reach(walk, found.kind)]
    if found.countries:
        told = f"it may call {', '.join(found.countries)} only"
        findings.append(look("countries", told, "Retell's dashboard > Phone Numbers > the number > Allowed countries"))
    agent_id = await find(walk.api, name_of(walk.section.agent_prefix, FIRST))
    if not agent_id or agent_id not in found.inbound_agents:
        findings.append(missing("callers", "who calls our number reaches no agent of ours", BIND))
    elif found.inbound_url != f"{walk.public_url}{RINGING}":
        told = f"Retell asks {found.inbound_url or 'nobody'} who calls, not Ivy"
        findings.append(missing("callers", told, BIND))
    else:
        findings.append(ok("callers", "reach our agent, and Ivy is asked who they are"))
    return findings


def _reach(walk: Walk, kind: str) -> list[Finding]:
    """Compare where the number is from with what the configuration says: it decides whom it can call at all."""
    if not kind or (kind == "custom") == walk.section.number_is_imported:
        return []
    line = f"voice.number_is_imported = {str(kind == 'custom').lower()}"
    return [look("reach", f"the configuration says otherwise: the number is {kind}", line)]


async def lines(walk: Walk) -> list[Finding]:
    """Ask how many calls may go on at once."""
    from ivy.adapters.retell.voice import lines_of

    found, wanted = await lines_of(walk.api), walk.where.config.calls.concurrent
    told = f"{found.now} of {found.limit} are in use"
    if found.limit < wanted:
        mend = f"calls.concurrent = {found.limit}, or buy lines: Retell's dashboard > Settings > Limits"
        return [look("lines", f"{told}, and calls.concurrent is {wanted}", mend)]
    return [ok("lines", told)]


async def agents(walk: Walk) -> list[Finding]:
    """Compare the published agents with the words and the tools of this version."""
    from ivy.adapters.retell.agents import Agents, Do

    desk, found = Agents(walk.api), list[Finding]()
    for script in scripts(walk.where.config):
        what = f"agent {script.name}"
        try:
            line = await desk.plan(script)
        except VendorError as error:
            if isinstance(error, VendorBusy | OutcomeUnknown):
                raise
            found.append(missing(what, error.reason, "Retell's dashboard > Agents"))
            continue
        if line.do is Do.NOTHING:
            found.append(ok(what, f"version {line.version} has Ivy's words and tools"))
        else:
            found.append(missing(what, line.why, SYNC))
    return found


# --- our side ----------------------------------------------------------------------------------------


async def way_back(walk: Walk) -> list[Finding]:
    """Post a webhook with our own signature through the public address, as Retell would."""
    from ivy.adapters.retell import signature
    from ivy.domain.public_paths import RETELL

    if not frame.daemon_is_running(walk.where):
        return [missing("daemon", "it is not running: nobody would take a webhook", "ivy daemon, and then this again")]
    url = f"{walk.public_url}{RETELL}"
    body = msgspec.json.encode({"event": PROBE_EVENT, "nonce": walk.nonce})
    signed = signature.sign(body, webhook_keys(walk.section)[0], at=walk.now())
    answer = await _post(walk, url, body, {"Content-Type": "application/json", "X-Retell-Signature": signed})
    if isinstance(answer, str):
        return [missing("way back", answer, PROXY)]
    if answer == 401:
        told = "the daemon refuses our signature: it has another key, another time, or the proxy changes the body"
        return [missing("way back", told, "restart `ivy daemon`: it reads its files when it starts")]
    if not 200 <= answer <= 299:
        return [missing("way back", f"{url} answers {answer}", PROXY)]
    return [ok("way back", f"a signed webhook reached Ivy at {url}")]


async def _post(walk: Walk, url: str, body: bytes, headers: Mapping[str, str]) -> int | str:
    """Return the status of the answer, or why there is none."""
    import httpx2

    try:
        with trio.fail_after(ANSWER_SECONDS):
            return (await walk.public.post(url, content=body, headers=headers)).status_code
    except trio.TooSlowError:
        return f"{url} does not answer in {ANSWER_SECONDS:.0f} s"
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return f"{url} cannot be reached ({type(error).__name__})"


HOPS: Mapping[str, Hop] = {
    "key": key,
    "webhook key": badge,
    "number": number,
    "lines": lines,
    "agents": agents,
    "way back": way_back,
}
"""In order."""
