"""What `ivy doctor --live` asks: each vendor whether it knows us. Nothing is sent to anybody, and no model is called.

May import: findings, config, the adapters. Each question has an end, and each answer is one plain finding.
"""

from base64 import b64encode
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import msgspec
import trio

from ivy.cli.doctor_channels import mail_server
from ivy.cli.doctor_vendors import ROLES
from ivy.cli.findings import Finding, look, missing, ok
from ivy.clock import SystemClock
from ivy.config import Config, ModelSection
from ivy.errors import ConfigError, VendorBusy, VendorError
from ivy.threads import Threads

if TYPE_CHECKING:
    import httpx2

SECONDS = 15
AGENT_KEY = "in the agent's chat: Chat info > API key; it belongs into the file that solo.api_key_file names"
NOT_FOUND = "refused with 404"


async def live(config: Config, http: "httpx2.AsyncClient", threads: Threads) -> list[Finding]:
    """Ask everybody that the configuration names, one after the other."""
    findings: list[Finding] = []
    if config.whatsapp.enabled and config.whatsapp.token and config.whatsapp.phone_number_id:
        findings.append(await _whatsapp(config, http))
    if config.sms.enabled and config.sms.account_sid and config.sms.auth_token:
        findings.append(await ask_sms(config, http))
    if config.mail.enabled and config.mail.host and config.mail.sender:
        findings.append(await ask_mail(config, threads))
    for role in ROLES:
        section: ModelSection = getattr(config.models, role)
        if section.vendor in ("anthropic", "openai") and section.model and section.api_key:
            findings.append(await ask_model(f"models.{role}, asked", section, http))
    if config.transcription.model and config.transcription.api_key:
        findings.append(await _transcription(config, http))
    return findings


# --- channels ----------------------------------------------------------------------------------------


async def _whatsapp(config: Config, http: "httpx2.AsyncClient") -> Finding:
    section = config.whatsapp
    url = f"{section.base_url.rstrip('/')}/{section.version}/{quote(section.phone_number_id, safe='')}"
    fields = "display_phone_number,verified_name,quality_rating,health_status"
    answer = await _get(http, f"{url}?fields={fields}", {"authorization": f"Bearer {section.token.reveal()}"})
    if isinstance(answer, str):
        return missing("WhatsApp, asked", answer, "mend whatsapp.token_file or whatsapp.phone_number_id")
    told = [answer.get(name, "unknown") for name in ("verified_name", "display_phone_number", "quality_rating")]
    found = f"{told[0]}, {told[1]}, quality {told[2]}"
    health = answer.get("health_status")
    can_send = cast("dict[str, Any]", health).get("can_send_message") if isinstance(health, dict) else None
    if can_send not in (None, "AVAILABLE"):
        return look(
            "WhatsApp, asked", f"{found}: sending is {can_send}", "WhatsApp Manager says why, under Account tools"
        )
    return ok("WhatsApp, asked", found)


async def ask_solo(config: Config, http: "httpx2.AsyncClient", *, running: bool) -> Finding:
    """Ask WhatsApp's agent platform whether it knows the key. The question is a poll, which would take the daemon's place."""
    from ivy.adapters.whatsapp_solo.channel import Solo
    from ivy.adapters.whatsapp_solo.client import Agent

    what = "WhatsApp agent, asked"
    if running:
        return ok(what, "the daemon asks it all the time: `ivy status` has an alert if that fails")
    try:
        agent = Agent(http, config.solo, SystemClock())
        with trio.fail_after(SECONDS):
            await Solo(agent).poll(0, 0)
    except ConfigError as error:
        return missing(what, str(error), AGENT_KEY)
    except trio.TooSlowError:
        return look(what, f"no answer in {SECONDS} s", "look whether this machine reaches api.whatsapp.com")
    except VendorBusy as error:
        return look(what, error.reason, "look whether this machine reaches api.whatsapp.com, and ask again")
    except VendorError as error:
        return missing(what, error.reason, AGENT_KEY)
    return ok(what, "WhatsApp knows the key")


async def ask_sms(config: Config, http: "httpx2.AsyncClient") -> Finding:
    """Ask Twilio about our account."""
    what, section = "SMS, asked", config.sms
    token = next(iter(section.auth_token.reveal().split()), "")
    signed = b64encode(f"{section.account_sid}:{token}".encode()).decode()
    url = f"{section.base_url.rstrip('/')}/2010-04-01/Accounts/{quote(section.account_sid, safe='')}.json"
    answer = await _get(http, url, {"authorization": f"Basic {signed}"})
    if isinstance(answer, str):
        return missing(what, answer, "mend sms.account_sid or sms.auth_token_file")
    name, status = str(answer.get("friendly_name", "")), str(answer.get("status", "unknown"))
    if status != "active":
        return missing(what, f"the account {name} is {status}", "console.twilio.com says why: often an unpaid bill")
    if str(answer.get("type", "")).lower() == "trial":
        return look(
            what, f"{name} is a trial account: it texts verified numbers only", "upgrade it at console.twilio.com"
        )
    return ok(what, f"the account {name} is active")


async def ask_mail(config: Config, threads: Threads) -> Finding:
    """Ask the mail server whether it lets us in; no mail is sent."""
    from ivy.adapters.smtp_session import greet
    from ivy.domain.envelopes import Failed, meaning

    what = "mail, asked"
    try:
        server, sender = mail_server(config.mail)
    except ConfigError as error:
        return missing(what, str(error), "put it right in ivy.toml")
    try:
        await threads.run(greet, server, sender.domain)
    except Failed as failed:
        reason = meaning(failed).reason
        told = reason.replace(server.password, "***") if server.password else reason
        return missing(what, told, "mend mail.host, mail.port and mail.tls, or mail.user and its password")
    return ok(what, f"{server.host} {'lets us in' if server.user else 'answers'}")


# --- models ------------------------------------------------------------------------------------------


async def ask_model(what: str, section: ModelSection, http: "httpx2.AsyncClient") -> Finding:
    """Ask a model's vendor whether it knows our key and has the model; nothing is generated."""
    key = section.api_key.reveal()
    if section.vendor == "anthropic":
        base = (section.base_url or "https://api.anthropic.com").rstrip("/").removesuffix("/v1")
        answer = await _get(
            http, f"{base}/v1/models/{section.model}", {"x-api-key": key, "anthropic-version": "2026-10-21"}
        )
        ends = "" if isinstance(answer, str) else answer.get("retires_at")
    else:
        base = (section.base_url or "https://api.openai.com/v1").rstrip("/")
        answer = await _get(http, f"{base}/models", {"authorization": f"Bearer {key}"})
        listed = _listed(answer, section.model)
        if not isinstance(answer, str) and listed is None:
            return missing(
                what, f"{section.model} is not in the vendor's list", "choose a model from the vendor's list"
            )
        ends = (listed or {}).get("shutdown_date")
    if isinstance(answer, str):
        return missing(what, answer, "mend the key, the model's name or base_url")
    if ends:
        return look(what, f"{section.model} is there, and ends on {str(ends)[:10]}", "choose its successor before that")
    return ok(what, f"{section.model} is there")


async def _transcription(config: Config, http: "httpx2.AsyncClient") -> Finding:
    from ivy.adapters.transcription import OFFICIAL, is_official

    what, section = "voice notes, asked", config.transcription
    base = (section.base_url or OFFICIAL).rstrip("/")
    answer = await _get(http, f"{base}/models", {"authorization": f"Bearer {section.api_key.reveal()}"})
    if answer == NOT_FOUND and not is_official(section.base_url):  # a small server need not list what it has
        return ok(what, f"{base} answers, and lists no models")
    if isinstance(answer, str):
        return missing(what, answer, "mend transcription.api_key_file or transcription.base_url")
    if _listed(answer, section.model) is None:
        return missing(what, f"{section.model} is not in the server's list", "set transcription.model to one that is")
    return ok(what, f"{section.model} is there")


def _listed(answer: dict[str, Any] | str, model: str) -> dict[str, Any] | None:
    rows = [] if isinstance(answer, str) else cast("list[dict[str, Any]]", answer.get("data") or [])
    return next((row for row in rows if row.get("id") == model), None)


async def _get(http: "httpx2.AsyncClient", url: str, headers: dict[str, str]) -> dict[str, Any] | str:
    """Return what a vendor answers, or in plain words why there is no answer."""
    import httpx2

    try:
        with trio.fail_after(SECONDS):
            response = await http.get(url, headers=headers)
    except trio.TooSlowError:
        return f"no answer in {SECONDS} s"
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return f"no connection ({type(error).__name__})"
    if response.status_code != 200:
        return f"refused with {response.status_code}"
    try:
        return msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return "the answer is not its own: something between us and the vendor speaks"
