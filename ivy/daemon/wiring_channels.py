"""The channels, the phone and the ears of the configuration. May import: everything but the CLI."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ivy.adapters.whatsapp.channel import WhatsApp
from ivy.adapters.whatsapp.graph import Graph
from ivy.adapters.whatsapp.media import MediaDoor
from ivy.clock import Clock
from ivy.config import Config, WhatsAppSection
from ivy.daemon.outside import Outside
from ivy.domain import phones, public_paths, voicemail
from ivy.domain.actions import secrets_of
from ivy.domain.unsubscribe import Subscription, token
from ivy.errors import ConfigError
from ivy.ports import (
    AlertPost,
    Channel,
    Fetcher,
    FormKeys,
    Outbound,
    Polling,
    Pulse,
    Transcriber,
)
from ivy.threads import Threads

if TYPE_CHECKING:
    from ivy.adapters.retell.voice import RetellVoice
    from ivy.adapters.whatsapp_solo.client import Agent

UNSUBSCRIBE_PATH = "/me/unsubscribe"
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1", "emulated")


def is_local(url: str) -> bool:
    return (urlsplit(url).hostname or "") in LOCAL_HOSTS


def graph_of(section: WhatsAppSection, outside: Outside) -> Graph:
    for key, value in whatsapp_needs(section).items():
        if not value:
            raise ConfigError(f"whatsapp.{key} is missing; `ivy doctor` says where it is found.")
    return Graph(
        outside.client("whatsapp"),
        base_url=section.base_url,
        version=section.version,
        token=section.token.reveal(),
        app_secrets=_app_secrets(section),
    )


def _app_secrets(section: WhatsAppSection) -> tuple[str, ...]:
    return tuple(section.app_secrets.reveal().split())


def channels_of(
    config: Config,
    graph: Graph | None,
    outside: Outside,
    clock: Clock,
    threads: Threads,
    agent: "Agent | None" = None,
) -> dict[str, Channel]:
    channels: dict[str, Channel] = {}
    if graph is not None:
        section = config.whatsapp
        channels["whatsapp"] = WhatsApp(
            graph,
            phone_number_id=section.phone_number_id,
            app_secrets=_app_secrets(section),
            verify_token=section.verify_token.reveal(),
        )
    if agent is not None:
        from ivy.adapters.whatsapp_solo.channel import Solo

        channels["solo"] = Solo(agent)
    if config.sms.enabled:
        channels["sms"] = _sms(config, outside, clock)
    if config.mail.enabled:
        channels["mail"] = _mail(config, outside, clock, threads)
    return channels


def polling_of(channels: Mapping[str, Channel]) -> Polling | None:
    """Return the channel that must be asked for what came, if there is one."""
    from ivy.adapters.whatsapp_solo.channel import Solo

    return next((each for each in channels.values() if isinstance(each, Solo)), None)


def agent_of(config: Config, outside: Outside, clock: Clock) -> "Agent | None":
    """Return the way to WhatsApp's agent platform, if it is in use. Raises: ConfigError."""
    if not config.solo.enabled:
        return None
    from ivy.adapters.whatsapp_solo.client import Agent

    if config.solo.phone and not phones.is_e164(config.solo.phone):
        raise ConfigError("solo.phone is no number: write it with + and the country code, without spaces")
    return Agent(outside.client("solo"), config.solo, clock)


def _sms(config: Config, outside: Outside, clock: Clock) -> Channel:
    from ivy.adapters.twilio.channel import Sms

    section = config.sms
    needs = {
        "sms.account_sid": section.account_sid,
        "sms.auth_token_file": section.auth_token,
        "sms.sender": section.sender,
        "server.public_url": config.server.public_url,
    }
    _need(needs)
    return Sms(
        outside.client("sms"),
        base_url=section.base_url,
        account_sid=section.account_sid,
        auth_tokens=tuple(section.auth_token.reveal().split()),
        sender=section.sender,
        webhook_url=f"{config.server.public_url.rstrip('/')}{public_paths.SMS}",
        validity_seconds=section.validity_seconds,
        clock=clock,
    )


def _mail(config: Config, outside: Outside, clock: Clock, threads: Threads) -> Channel:
    from ivy.adapters.smtp import Mail
    from ivy.adapters.smtp_session import smtp_deliver

    section = config.mail
    _need({"mail.host": section.host, "mail.sender": section.sender, "server.public_url": config.server.public_url})
    secret = secrets_of(config.store.seal_key.reveal())[0]

    def unsubscribe(message: Outbound) -> str:
        if not message.user_id:  # the operator is nobody's subscriber
            return ""
        what = Subscription(message.user_id, "mail")
        return f"{config.server.public_url.rstrip('/')}{UNSUBSCRIBE_PATH}/{token(secret, what)}"

    return Mail(
        threads,
        clock,
        host=section.host,
        port=section.port,
        tls=section.tls,
        user=section.user,
        password=section.password.reveal(),
        sender=section.sender,
        unsubscribe=unsubscribe,
        deliver=outside.deliver_mail or smtp_deliver,
    )


def voice_of(config: Config, outside: Outside, clock: Clock) -> "RetellVoice | None":
    if not config.voice.enabled:
        return None
    from ivy.adapters.retell.voice import RetellVoice
    from ivy.agent.call_scripts import VARIABLES

    section = config.voice
    needs = {
        "voice.api_key_file": section.api_key,
        "voice.number": section.number,
        "server.public_url": config.server.public_url,
    }
    _need(needs)
    voicemail.check(config.calls.voicemail)
    return RetellVoice(
        outside.client("retell"),
        base_url=section.base_url,
        api_key=section.api_key.reveal(),
        webhook_keys=tuple((section.webhook_keys or section.api_key).reveal().split()),
        number=section.number,
        prefix=section.agent_prefix,
        store=section.store,
        timeout_seconds=section.timeout_seconds,
        clock=clock,
        needs=tuple(VARIABLES),
    )


def _need(values: Mapping[str, object]) -> None:
    for key, value in values.items():
        if not value:
            raise ConfigError(f"{key} is missing; `ivy doctor` says where it is found.")


def alert_post_of(config: Config, outside: Outside, clock: Clock) -> AlertPost | None:
    section = config.operator
    if not section.webhook_url:
        return None
    from ivy.adapters.operator_hooks import AlertWebhook

    http = outside.client("operator")
    return AlertWebhook(http, clock, url=section.webhook_url, secret=section.webhook_secret.reveal())


def pulse_of(config: Config, outside: Outside) -> Pulse | None:
    if not config.operator.heartbeat_url:
        return None
    from ivy.adapters.operator_hooks import Heartbeat

    return Heartbeat(outside.client("operator"), url=config.operator.heartbeat_url)


def media_door_of(section: WhatsAppSection, graph: Graph, outside: Outside, threads: Threads) -> Fetcher:
    local = section.base_url if is_local(section.base_url) and section.base_url.startswith("http://") else ""
    return MediaDoor(
        outside.client("whatsapp"),
        graph,
        section.phone_number_id,
        section.media_hosts,
        token=section.token.reveal(),
        threads=threads,
        local_origin=local,
    )


def solo_files_of(config: Config, agent: "Agent", outside: Outside, threads: Threads) -> Fetcher:
    from ivy.adapters.whatsapp_solo.media import FileDesk

    base = urlsplit(config.solo.base_url)
    local = f"http://{base.netloc}" if base.scheme == "http" and is_local(config.solo.base_url) else ""
    hosts, key = config.whatsapp.media_hosts, config.solo.api_key.reveal()
    return MediaDoor(outside.client("solo"), FileDesk(agent), "", hosts, token=key, threads=threads, local_origin=local)


def fetchers_of(
    config: Config, graph: Graph | None, agent: "Agent | None", outside: Outside, threads: Threads
) -> dict[str, Fetcher]:
    """Return the doors for files, by the channel that they come by."""
    doors: dict[str, Fetcher] = {}
    if graph is not None:
        doors["whatsapp"] = media_door_of(config.whatsapp, graph, outside, threads)
    if agent is not None:
        doors["solo"] = solo_files_of(config, agent, outside, threads)
    return doors


def form_keys_of(section: WhatsAppSection) -> FormKeys | None:
    if not section.enabled or not section.flow_key:
        return None
    from ivy.adapters.whatsapp.flow_crypto import FlowKeys

    return FlowKeys.parse(section.flow_key.reveal())


def transcriber_of(config: Config, outside: Outside, threads: Threads) -> Transcriber | None:
    """Return who listens to voice notes; nobody without a key, except a server of one's own."""
    from ivy.adapters.transcription import OFFICIAL, OpenAITranscriber

    section = config.transcription
    if not section.model or (not section.api_key and section.base_url in ("", OFFICIAL)):
        return None
    return OpenAITranscriber(
        outside.client("transcription"),
        threads,
        section.model,
        api_key=section.api_key.reveal(),
        base_url=section.base_url,
    )


def whatsapp_needs(section: WhatsAppSection) -> dict[str, bool]:
    """Return what WhatsApp needs, and whether it is there."""
    return {
        "phone_number_id": bool(section.phone_number_id),
        "token_file": bool(section.token),
        "app_secrets_file": bool(section.app_secrets),
        "verify_token_file": bool(section.verify_token),
    }
