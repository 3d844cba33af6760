"""Puts the parts together: the only file that knows which adapter is in use. May import: everything but the CLI."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import trio

from ivy.adapters.embedders import Embedders
from ivy.adapters.prices import PriceFile, PriceTable
from ivy.adapters.whatsapp.channel import WhatsApp
from ivy.adapters.whatsapp.graph import Graph
from ivy.adapters.whatsapp.media import MediaDoor
from ivy.adapters.whatsapp.pack import Pack, pack
from ivy.agent import price_cards
from ivy.agent.embedding import PaidEmbedder
from ivy.agent.guard import Guard
from ivy.agent.recalling import Recaller
from ivy.agent.router import Router
from ivy.agent.turn import Agent
from ivy.clock import Clock
from ivy.config import Config, ModelSection, WhatsAppSection
from ivy.daemon import failing, hours, rate_card
from ivy.daemon.context import Context
from ivy.domain import giving, operator_routes, public_paths, routing, voicemail
from ivy.domain.actions import secrets_of
from ivy.domain.admission import Admission
from ivy.domain.clock_skew import Skew
from ivy.domain.envelopes import Envelope
from ivy.domain.ids import uuid7
from ivy.domain.unsubscribe import Subscription, token
from ivy.errors import ConfigError
from ivy.ports import (
    AlertPost,
    Channel,
    Embedder,
    Fetcher,
    FormKeys,
    Model,
    ModelAnswer,
    ModelRequest,
    Models,
    Outbound,
    Pictures,
    Pulse,
    Transcriber,
    Wire,
)
from ivy.store import breakers, memory_vectors, spending
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.files import Files
from ivy.store.sealing import Sealer
from ivy.threads import Threads
from ivy.tools.registry import Registry, families

if TYPE_CHECKING:
    from ivy.adapters.retell.voice import RetellVoice
    from ivy.daemon.backup_room import BackupRoom

ROLES = ("primary", "fallback", "cheap")
EMULATED = "emulated-"
"""How the keys of emulated models begin: a real channel must not be joined to one."""
UNSUBSCRIBE_PATH = "/me/unsubscribe"
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1", "emulated")


@dataclass(frozen=True)
class Outside:
    """How the world is reached: one HTTP client per vendor's name, or one for all."""

    http: httpx2.AsyncClient
    by_vendor: Mapping[str, httpx2.AsyncClient] = field(default_factory=dict[str, httpx2.AsyncClient])
    deliver_mail: Callable[[Envelope], None] | None = None
    """Takes a mail where no socket may be used; None: SMTP."""
    skew: Skew | None = None
    """Hears the dates of answers."""

    def client(self, vendor: str) -> httpx2.AsyncClient:
        return self.by_vendor.get(vendor, self.http)


@dataclass(frozen=True)
class Parts:
    """What the daemon works with; `warm` loads what is slow to load, beside the work."""

    context: Context
    warm: Callable[[], Awaitable[None]]


def build(
    config: Config,
    folder: Path,
    store: Store,
    clock: Clock,
    chance: Random,
    outside: Outside,
    *,
    threads: Threads,
) -> Parts:
    """Make everything the daemon works with; `folder` is the configuration's. Raises: ConfigError naming what is missing."""
    check(config)
    giving.check(config.giving)
    files = Files(config.media_folder(folder), threads)
    registry = Registry(families(), disabled=config.tools.disabled)
    models = {role: made for role in ROLES if (made := _model(role, config, outside, threads, files)) is not None}
    prices = _prices(config, folder, clock)
    if "primary" not in models:
        raise ConfigError(
            "models.primary has no key: set models.primary.api_key_file, or IVY_MODELS__PRIMARY__API_KEY."
        )
    sealer = Sealer(config.store.seal_key.reveal().split())
    router = Router(
        store,
        clock,
        Models(models),
        prices,
        sealer=sealer,
        caps=spending.caps_of(config.spend),
        seconds={role: _section(config, role).timeout_seconds for role in ROLES},
        policy=failing.policy_of(config),
        setups=(setups := _setups(config)),
    )
    agent = Agent(router, registry, clock, config.turns, model_name=models["primary"].name)
    embedders = Embedders(config.memory, outside.client("embedder"), threads, folder)
    graph = _graph(config.whatsapp, outside) if config.whatsapp.enabled else None
    voice = _voice(config, outside, clock)
    context = Context(
        store,
        clock,
        chance,
        config,
        _channels(config, graph, outside, clock, threads),
        sealer,
        agent,
        rate_card.load(config.whatsapp.rates_file, folder),
        Pack(pack()),
        files,
        {} if graph is None else {"whatsapp": _media_door(config.whatsapp, graph, outside, threads)},
        _transcriber(config, outside, threads),
        _form_keys(config.whatsapp),
        voice,
        hours.load(config.calls.hours_file, folder),
        partial(router.ask, "cheap") if "cheap" in models else None,
        tariffs=price_cards.load(config, folder),
        memory=_recaller(embedders, store, clock, chance, prices, config),
        alert_post=_alert_post(config, outside, clock),
        pulse=_pulse(config, outside),
        skew=outside.skew,
        backups=_backups(config, folder, threads),
        site_texts=_site_texts(config, folder),
    )

    async def warm() -> None:
        await files.prepare()
        await store.write(breakers.set_up, setups, clock.now())
        await store.write(_want, embedders.wanted, clock.now())
        await prices.load(threads)
        if voice is not None:
            await voice.warm()
        for model in models.values():
            await model.warm()

    return Parts(context, warm)


def _site_texts(config: Config, folder: Path) -> Mapping[str, str]:
    """Return the operator's own pages; what reads them is imported only where there are any. Raises: ConfigError."""
    if not (config.site.privacy_file or config.site.terms_file):
        return {}
    from ivy.daemon.pages.site import own_texts

    return own_texts(config.site, folder)


def _backups(config: Config, folder: Path, threads: Threads) -> "BackupRoom | None":
    """Return where backups go; what they need is imported only where there are any. Raises: ConfigError."""
    if not config.backup.folder:
        return None
    from ivy.daemon import backup_room

    return backup_room.room_of(config, folder, threads)


def _want(connection: Connection, embedder: Embedder | None, now: datetime) -> None:
    if embedder is None:
        memory_vectors.want_none(connection)
    else:
        memory_vectors.want(connection, embedder.name, embedder.dimensions, now=now)


def _recaller(
    embedders: Embedders, store: Store, clock: Clock, chance: Random, prices: PriceTable, config: Config
) -> Recaller | None:
    if embedders.wanted is None:
        return None

    def by_model(model: str, dimension: int, seconds: float) -> PaidEmbedder | None:
        found = embedders.of(model, dimension)
        caps = spending.caps_of(config.spend)
        if found is None:
            return None
        return PaidEmbedder(store, clock, found, prices, caps=caps, seconds=seconds)

    guard = Guard(store, clock, failing.EMBEDDER, failing.policy_of(config))
    return Recaller(by_model, guard, lambda: uuid7(clock.now(), chance), threshold=config.memory.threshold)


def check(config: Config) -> None:
    """Raise ConfigError for what can be seen to be wrong before anything is started."""
    if config.admission.policy not in {policy.value for policy in Admission}:
        raise ConfigError(f"admission.policy is {config.admission.policy!r}; use invite, open or list.")
    operator_routes.check(config.operator)
    routing.check({purpose.value: getattr(config.routing, purpose.value) for purpose in routing.For})
    emulated = [role for role in ROLES if _is_emulated(_section(config, role))]
    if emulated and config.whatsapp.enabled and not _is_local(config.whatsapp.base_url):
        raise ConfigError(
            f"models.{emulated[0]} is an emulator's, and whatsapp.base_url is not: real people must not talk to an emulator."
        )
    if config.backup.folder:
        from ivy.daemon import backup_room

        backup_room.check(config)


def _is_emulated(section: ModelSection) -> bool:
    return section.api_key.reveal().startswith(EMULATED)


def _is_local(url: str) -> bool:
    return (urlsplit(url).hostname or "") in LOCAL_HOSTS


def _section(config: Config, role: str) -> ModelSection:
    return {"primary": config.models.primary, "fallback": config.models.fallback, "cheap": config.models.cheap}[role]


def _setups(config: Config) -> dict[str, str]:
    """Return a digest of each model's key and address: what a wrong one spoilt is over once it was changed."""
    sections = [_section(config, role) for role in ROLES]
    return {
        f"{each.vendor}/{each.model}": sha256(f"{each.api_key.reveal()} {each.base_url}".encode()).hexdigest()[:16]
        for each in sections
    }


def _graph(section: WhatsAppSection, outside: Outside) -> Graph:
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


def _channels(
    config: Config, graph: Graph | None, outside: Outside, clock: Clock, threads: Threads
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
    if config.sms.enabled:
        channels["sms"] = _sms(config, outside, clock)
    if config.mail.enabled:
        channels["mail"] = _mail(config, outside, clock, threads)
    return channels


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


def _voice(config: Config, outside: Outside, clock: Clock) -> "RetellVoice | None":
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


def _alert_post(config: Config, outside: Outside, clock: Clock) -> AlertPost | None:
    section = config.operator
    if not section.webhook_url:
        return None
    from ivy.adapters.operator_hooks import AlertWebhook

    http = outside.client("operator")
    return AlertWebhook(http, clock, url=section.webhook_url, secret=section.webhook_secret.reveal())


def _pulse(config: Config, outside: Outside) -> Pulse | None:
    if not config.operator.heartbeat_url:
        return None
    from ivy.adapters.operator_hooks import Heartbeat

    return Heartbeat(outside.client("operator"), url=config.operator.heartbeat_url)


def _media_door(section: WhatsAppSection, graph: Graph, outside: Outside, threads: Threads) -> Fetcher:
    local = section.base_url if _is_local(section.base_url) and section.base_url.startswith("http://") else ""
    return MediaDoor(
        outside.client("whatsapp"),
        graph,
        section.phone_number_id,
        section.media_hosts,
        token=section.token.reveal(),
        threads=threads,
        local_origin=local,
    )


def _form_keys(section: WhatsAppSection) -> FormKeys | None:
    if not section.enabled or not section.flow_key:
        return None
    from ivy.adapters.whatsapp.flow_crypto import FlowKeys

    return FlowKeys.parse(section.flow_key.reveal())


def _transcriber(config: Config, outside: Outside, threads: Threads) -> Transcriber | None:
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


class LazyModel:
    """A model whose SDK is imported when it is first needed, or by `warm`: importing it takes a second."""

    def __init__(self, vendor: str, name: str, make: Callable[[], Awaitable[Model]]) -> None:
        self.vendor = vendor
        self.name = name
        self._make = make
        self._lock = trio.Lock()
        self._made: Model | None = None

    async def warm(self) -> Model:
        async with self._lock:
            if self._made is None:
                self._made = await self._make()
        return self._made

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        model = self._made or await self.warm()
        return await model.complete(request)


def _model(role: str, config: Config, outside: Outside, threads: Threads, files: Files) -> LazyModel | None:
    section = _section(config, role)
    key, http = section.api_key.reveal(), outside.client(section.vendor)
    if not section.vendor or not section.model or not (key or (section.vendor == "openai" and section.base_url)):
        return None
    if section.vendor == "anthropic":
        return LazyModel(section.vendor, section.model, partial(_anthropic, threads, http, section, files))
    if section.vendor == "openai":
        return LazyModel(section.vendor, section.model, partial(_openai, threads, http, section, files))
    raise ConfigError(f"models.{role}.vendor is {section.vendor!r}; use anthropic or openai.")


def wire_of(vendor: str, model: str, dialect: Mapping[str, Any], pictures: Pictures | None) -> Wire:
    """Return how a model was spoken to, as its calls' `dialect` says: nothing is asked of anybody with it."""
    from ivy.adapters import anthropic, openai

    if dialect["wire"] == anthropic.VENDOR:
        return anthropic.AnthropicWire(model, dialect["effort"], dialect["cache"], pictures)
    return openai.OpenAIWire(model, vendor, dialect["official"], pictures)


async def _anthropic(threads: Threads, http: httpx2.AsyncClient, section: ModelSection, files: Files) -> Model:
    from ivy.adapters import anthropic

    return await anthropic.AnthropicModel.make(
        threads,
        http,
        section.model,
        api_key=section.api_key.reveal(),
        base_url=section.base_url or anthropic.OFFICIAL,
        effort=section.effort,
        pictures=files,
    )


async def _openai(threads: Threads, http: httpx2.AsyncClient, section: ModelSection, files: Files) -> Model:
    from ivy.adapters import openai

    return await openai.OpenAIModel.make(
        threads,
        http,
        section.model,
        api_key=section.api_key.reveal(),
        base_url=section.base_url or openai.OFFICIAL,
        pictures=files,
    )


def _prices(config: Config, folder: Path, clock: Clock) -> PriceTable:
    compatible = {s.vendor for role in ROLES if (s := _section(config, role)).vendor == "openai" and s.base_url}
    return PriceTable(
        clock,
        ceiling=config.spend.ceiling,
        overrides=config.spend.prices,
        beyond=PriceFile.load(*price_cards.models_text(config, folder)).prices,
        compatible=compatible,
    )
