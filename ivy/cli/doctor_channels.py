"""What `ivy doctor` looks at beside WhatsApp: the public address, SMS, mail, voice notes, and who hears of trouble.

May import: findings, shapes, config, the adapters, the domain. Nobody is asked, and nothing it says holds a secret.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ivy.cli import doctor_whatsapp, shapes
from ivy.cli.findings import Finding, look, missing, not_needed, ok
from ivy.config import Config, MailSection
from ivy.domain import mail as mail_rules
from ivy.domain import sms_senders
from ivy.domain.sms_senders import SenderKind
from ivy.errors import ConfigError

if TYPE_CHECKING:
    from email.headerregistry import Address

    from ivy.domain.envelopes import Server

OFFICIAL_SMS = "api.twilio.com"
NUMBER_TAKES = "a number takes minutes, abroad 1 to 2 days; registering a US one (10DLC) takes 1 to 3 weeks"
DOMAIN_TAKES = "the domain's SPF and DKIM records take up to a day to be seen"
CONSOLE = "console.twilio.com > Phone Numbers"


def public_url(config: Config) -> list[Finding]:
    """Judge the one address by which vendors, and people who want no more mail, reach Ivy."""
    what, url = "server.public_url", config.server.public_url
    official = doctor_whatsapp.is_official(config) or (config.sms.enabled and OFFICIAL_SMS in config.sms.base_url)
    callers = [
        name
        for name, calls in (
            ("Meta", doctor_whatsapp.is_official(config)),
            ("Twilio", config.sms.enabled),
            ("whoever wants no more mail", config.mail.enabled),
        )
        if calls
    ]
    if not callers:
        return [not_needed(what, "WhatsApp is emulated, or off")]
    if not url:
        told = f"not set: {' and '.join(callers)} must reach Ivy by https"
        return [missing(what, told, "set server.public_url, with a TLS proxy there")]
    if official and (wrong := shapes.wrong_public_url(url)):
        return [missing(what, url, wrong)]
    return [ok(what, f"{url}; Meta's form gets {url.rstrip('/')}/api/whatsapp/webhook")]


def solo(config: Config) -> list[Finding]:
    """Judge what WhatsApp's agent platform needs: one key."""
    what, section = "WhatsApp agent", config.solo
    if not section.enabled:
        return [not_needed(what, "solo.enabled is false; `ivy init --solo` sets it up: one key, no public address")]
    if not section.api_key:
        place = "WhatsApp > Settings > Agents > Create an agent; then in its chat: Chat info > API key"
        return [missing("solo.api_key_file", "not set", place)]
    if wrong := shapes.wrong_agent_key(section.api_key.reveal()):
        return [missing("solo.api_key_file", "not what it should be", wrong)]
    found = ok(what, "key set; it talks with whoever made it, and with nobody else")
    if section.phone and (wrong := shapes.wrong_own_phone(section.phone)):
        return [found, missing("solo.phone", "not what it should be", wrong)]
    if config.voice.enabled and not section.phone:
        return [
            found,
            look("solo.phone", "not set: Ivy cannot phone the agent's maker", "set it, with + and country code"),
        ]
    return [found]


# --- SMS ---------------------------------------------------------------------------------------------


def sms(config: Config, phones: Iterable[str]) -> list[Finding]:
    """Judge Twilio's fields by their shape, and the sender by the countries that people are in."""
    section = config.sms
    if not section.enabled:
        return [not_needed("SMS", "sms.enabled is false: reminders have no way round a closed or failing WhatsApp")]
    judged = OFFICIAL_SMS in section.base_url
    place = "console.twilio.com shows it on its first page"
    findings = [
        _field("sms.account_sid", section.account_sid, section.account_sid, shapes.wrong_account_sid, judged, place),
        _field("sms.auth_token_file", section.auth_token.reveal(), "set", shapes.wrong_auth_tokens, judged, place),
    ]
    kind = sms_senders.kind_of(section.sender)
    if kind is None:
        found = f"{section.sender!r} is none that Twilio takes" if section.sender else "not set"
        mend = f"{CONSOLE}: a number as +15550102030, a short code, a name of up to 11 letters, or a service (MG…)"
        return [*findings, missing("sms.sender", found, mend, takes=NUMBER_TAKES)]
    findings.append(ok("sms.sender", f"{section.sender}, a {kind.value}"))
    warnings = sms_senders.warnings(section.sender, phones)
    return [*findings, *(look("sms.sender", each, _mend(each, kind), takes=_takes(each)) for each in warnings)]


def _field(key: str, value: str, shown: str, judge: shapes.Judge, judged: bool, place: str) -> Finding:
    if not value:
        return missing(key, "not set", place)
    if judged and (wrong := judge(value)):
        return missing(key, "not what it should be", wrong)
    return ok(key, shown)


def _mend(warning: str, kind: SenderKind) -> str:
    if "register it" in warning:
        return "console.twilio.com > Messaging > Regulatory Compliance"
    return "set sms.sender to a number" if kind is SenderKind.NAME else f"{CONSOLE}: a sender of their country"


def _takes(warning: str) -> str:
    return NUMBER_TAKES if "register it" in warning else ""


# --- mail --------------------------------------------------------------------------------------------


def mail(config: Config) -> list[Finding]:
    """Judge the mail server's fields as the daemon will at its start."""
    section = config.mail
    if not section.enabled:
        return [not_needed("mail", "mail.enabled is false: reminders do not go by mail, and alerts are not mailed")]
    if not section.host:
        return [missing("mail.host", "not set", "the SMTP server of your mail provider; mail.port is 587 or 465")]
    if not section.sender:
        mend = 'set mail.sender, such as "Ivy <ivy@example.org>", of a domain that your provider sends for'
        return [missing("mail.sender", "not set", mend, takes=DOMAIN_TAKES)]
    from ivy.adapters.smtp import LOOPBACK

    try:
        server, sender = mail_server(section)
    except ConfigError as error:
        return [missing("mail", str(error), "put it right in ivy.toml")]
    if server.tls == "none" and server.host not in LOOPBACK:
        told = f"none: mails to {server.host} would travel for all to read"
        return [missing("mail.tls", told, 'set mail.tls = "starttls", or "tls" with port 465')]
    signs_in = f", signs in as {server.user}" if server.user else ", without signing in"
    return [ok("mail", f"{sender} by {server.host}:{server.port}, {server.tls}{signs_in}")]


def mail_server(section: MailSection) -> "tuple[Server, Address]":
    """Return the server and the sender as the daemon will use them. Raises: ConfigError."""
    from ivy.adapters.smtp import checked
    from ivy.domain.envelopes import Server

    server = Server(section.host, section.port, section.tls, section.user, section.password.reveal())
    return checked(server, section.sender)


def operator_mail(config: Config) -> list[Finding]:
    """Say who hears of alerts, and of people who ask for a human."""
    what, address = "operator.mail", config.operator.mail
    if not address:
        return [not_needed(what, "not set: alerts, and who asks for a human, are in `ivy status` only")]
    try:
        mail_rules.address(address)
    except mail_rules.NotAnAddress as error:
        return [missing(what, str(error), "set operator.mail to one address, such as you@example.org")]
    if not config.mail.enabled:
        return [look(what, f"{address}, and nobody is mailed", "set mail.enabled = true, with a server under [mail]")]
    return [ok(what, f"{address} is told of alerts and of people who ask for a human")]


# --- voice notes -------------------------------------------------------------------------------------


def transcription(config: Config) -> list[Finding]:
    """Say who listens to voice notes."""
    from ivy.adapters.transcription import is_official

    what, section = "voice notes", config.transcription
    if not section.model:
        return [not_needed(what, "transcription.model is empty: they are not listened to, and people are told so")]
    if section.base_url and not shapes.is_web_address(section.base_url):
        return [missing(what, f"{section.base_url!r} is no web address", "set transcription.base_url")]
    key, official = section.api_key.reveal(), is_official(section.base_url)
    if not key and official:
        told = "no key: they are not listened to, and people are told so; transcription.api_key_file names one"
        return [not_needed(what, told)]
    if official and (wrong := shapes.wrong_openai_key(key)):
        return [missing(what, "transcription.api_key_file holds something else", wrong)]
    if official:
        return [ok(what, f"{section.model} of openai, key set")]
    return [ok(what, f"{section.model} at {section.base_url}{', key set' if key else ''}")]
