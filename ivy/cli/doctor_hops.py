"""What `ivy doctor --live` asks on the way between vendors and us: names, TLS, proxy, signature, clock; and what they have of us.

May import: the probes' hops, findings, config. A webhook of our own goes through the public address and is kept as a notice;
nothing is sent to anybody. Sources: Cloud API "Webhooks" (bodies of up to 3 MB); Retell, "Secure webhook" (5 minutes).
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import trio

from ivy.cli import frame, voice_hops, whatsapp_hops, whatsapp_reach
from ivy.cli.doctor_calls import VOICE_TAKES
from ivy.cli.findings import Finding, State, look, missing, not_needed, ok
from ivy.cli.frame import Setup
from ivy.cli.live_list import first_wrong
from ivy.cli.tls_look import tls
from ivy.cli.voice_agents import open_api
from ivy.cli.whatsapp_fields import fields
from ivy.cli.whatsapp_probe import META
from ivy.cli.whatsapp_walk import Walk, Wishes, within
from ivy.config import Config
from ivy.domain.public_paths import RETELL, SMS, WHATSAPP

if TYPE_CHECKING:
    import httpx2

LARGEST = 3 * 1024 * 1024
"""Bytes of a webhook of Meta's, at most."""
SECONDS = 15.0
SKEW, TOO_MUCH = timedelta(seconds=5), timedelta(minutes=1)
"""A webhook of Retell's counts for 5 minutes, and a call rings by our clock."""
NTP = "timedatectl set-ntp true"
NAMES = {"token": "token's lifetime", "number": "number's quality"}
"""Hops of the probe under the names of what the doctor is asked about."""
NO_DAEMON = "the daemon is not running, so nothing can be posted to it"


async def hops(
    where: Setup, http: "httpx2.AsyncClient", now: Callable[[], datetime], *, public: "httpx2.AsyncClient | None" = None
) -> list[Finding]:
    """Walk every hop that this configuration needs; `public` reaches the public address, `http` the vendors."""
    walk = Walk(where, http, public or http, now, secrets.token_hex(16), Wishes(wait=0))
    walk.account = where.config.whatsapp.waba_id
    return [
        *await _clock(where.config, http, now),
        *await _ours(walk),
        *await _meta(walk),
        *await _retell(where, public or http, now),
    ]


# --- our side ------------------------------------------------------------------------------------------


async def _ours(walk: Walk) -> list[Finding]:
    """Look at the public address hop by hop, and stop at the first that fails: the others hang on it."""
    url, config = walk.where.config.server.public_url, walk.where.config
    if not (config.whatsapp.enabled or config.sms.enabled or config.voice.enabled):
        return [not_needed("public address", "no vendor is to reach Ivy")]
    if not url:
        return []  # said where the configuration is looked at
    named = await _name(walk, url)
    if named.state is State.MISSING:
        return [named]
    shown = await tls(url, walk.now())
    found = [named, shown]
    if shown.state is State.MISSING:
        return found
    if not frame.daemon_is_running(walk.where):
        return [*found, look("proxy", NO_DAEMON, "ivy daemon, and then this again")]
    found += await _proxy(walk)
    return found if first_wrong(found) else [*found, *await _signature(walk)]


async def _name(walk: Walk, url: str) -> Finding:
    host, what = urlsplit(url).hostname or "", "name resolution"
    if not walk.is_official and urlsplit(url).scheme == "http":
        return not_needed(what, f"{url} is for emulated vendors")
    with trio.move_on_after(SECONDS):
        if wrong := await whatsapp_reach.wrong_host(host, anywhere=not walk.is_official):
            mend = f"let {host} lead to this machine's public address"
            return missing(what, wrong, mend, takes="a new DNS record takes minutes, a changed one up to a day")
        return ok(what, f"{host} has {'a public' if walk.is_official else 'an'} address")
    return missing(
        what, f"no answer about {host} in {SECONDS:.0f} s", "see /etc/resolv.conf: this machine's name server"
    )


async def _proxy(walk: Walk) -> list[Finding]:
    """See that the address leads to Ivy, and that the largest webhook passes: unsigned, so that nothing of it is kept."""
    found = await whatsapp_reach.address(walk)
    if failed := first_wrong(found):
        return [replace(failed, what="proxy")]
    path = next(path for used, path in _paths(walk.where.config) if used)
    answer = await whatsapp_reach.call(
        walk, "POST", walk.where.config.server.public_url.rstrip("/") + path, body=b" " * LARGEST
    )
    if isinstance(answer, Finding):
        return [missing("proxy", f"a body of 3 MB: {answer.found}", "let it pass bodies of 4 MB")]
    if answer.status_code == 413:
        mend = "let it pass bodies of 4 MB: client_max_body_size 4m; in nginx; request_body max_size 4MB in Caddy"
        return [missing("proxy", "it takes no body of 3 MB, and Meta's webhooks may be so large", mend)]
    if answer.status_code not in (401, 403):
        told = f"{path} answers {answer.status_code} to a webhook without a signature, where Ivy says 401"
        return [missing("proxy", told, whatsapp_reach.PROXY)]
    return [ok("proxy", "leads to Ivy, and passes bodies of 3 MB")]


def _paths(config: Config) -> tuple[tuple[bool, str], ...]:
    return (config.whatsapp.enabled, WHATSAPP), (config.voice.enabled, RETELL), (config.sms.enabled, SMS)


async def _signature(walk: Walk) -> list[Finding]:
    """Post a webhook that we signed ourselves, as Meta does."""
    if not (walk.section.enabled and walk.secrets and walk.section.verify_token):
        return []
    for hop in (whatsapp_reach.handshake, whatsapp_reach.signed_probe):
        if failed := first_wrong(await hop(walk)):
            return [replace(failed, what="verify token" if failed.what == "handshake" else "signature")]
    return [ok("signature", "a webhook that we signed came through whole, and was kept")]


# --- the clock -----------------------------------------------------------------------------------------


async def _clock(config: Config, http: "httpx2.AsyncClient", now: Callable[[], datetime]) -> list[Finding]:
    """Compare our clock with the one of a vendor that answers."""
    import httpx2

    models = config.models.primary
    asked = (
        config.whatsapp.base_url if config.whatsapp.enabled else "",
        config.voice.base_url if config.voice.enabled else "",
        models.base_url or ("https://api.anthropic.com" if models.vendor == "anthropic" else "https://api.openai.com"),
    )
    for url in filter(None, asked):
        with trio.move_on_after(SECONDS):
            try:
                began, answer = now(), await http.get(url)
                told = parsedate_to_datetime(answer.headers.get("date", ""))
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, TypeError):
                continue
            return [skew(began + (now() - began) / 2 - told, urlsplit(url).hostname or url)]
    return [look("clock skew", "no vendor told the time", "see that this machine reaches the internet")]


def skew(ahead: timedelta, whose: str) -> Finding:
    """Judge by how much our clock is ahead of a vendor's, which is told in whole seconds."""
    what, off = "clock skew", abs(ahead.total_seconds())
    if off <= SKEW.total_seconds():
        return ok(what, f"within {SKEW.total_seconds():.0f} s of {whose}")
    told = f"this machine is {off:.0f} s {'ahead of' if ahead > timedelta(0) else 'behind'} {whose}"
    if off > TOO_MUCH.total_seconds():
        return missing(what, f"{told}: webhooks are refused, and calls ring at the wrong time", NTP)
    return look(what, told, NTP)


# --- their side ----------------------------------------------------------------------------------------


async def _meta(walk: Walk) -> list[Finding]:
    """Ask Meta about token, number and subscription, up to the one to mend first."""
    if not walk.section.enabled or first_wrong(await fields(walk)):
        return []
    found: list[Finding] = []
    for name, hop in (*META.items(), ("webhook form", whatsapp_hops.form)):
        found += await within(hop, name, walk)
        if first_wrong(found):
            break
    return [replace(each, what=NAMES.get(each.what, each.what)) for each in found]


async def _retell(where: Setup, public: "httpx2.AsyncClient", now: Callable[[], datetime]) -> list[Finding]:
    """Ask Retell about the key, the number and the agents, which may be a tool behind."""
    if not where.config.voice.enabled or first_wrong(voice_hops.fields(where)):
        return []
    found: list[Finding] = []
    async with open_api(where.config) as api:
        walk = voice_hops.Walk(where, api, public, now, secrets.token_hex(16))
        for name, hop in voice_hops.HOPS.items():
            if name == "way back" and not frame.daemon_is_running(where):
                continue
            found += [_of_retell(each) for each in await voice_hops.within(hop, name, walk)]
            if name == "key" and first_wrong(found):
                break
    return found


def _of_retell(finding: Finding) -> Finding:
    takes = VOICE_TAKES if finding.what == "number" and finding.state is State.MISSING else finding.takes
    return replace(finding, what=f"Retell's {finding.what}", takes=takes)
