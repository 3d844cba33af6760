"""The whole product in one process: the real daemon and emulated vendors, joined without sockets. May import: everything.

`ivy simulate`, tests and benchmarks live in it. Only the transport, the clock, the threads and the file's durability
differ from production.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import trio

from ivy.adapters.client import address, open_client
from ivy.clock import Clock
from ivy.config import (
    Config,
    MailSection,
    MemorySection,
    ModelSection,
    ModelsSection,
    Secret,
    ServerSection,
    SmsSection,
    SoloSection,
    StoreSection,
    TranscriptionSection,
    VoiceSection,
    WhatsAppSection,
)
from ivy.daemon import web
from ivy.daemon.main import Daemon
from ivy.daemon.outside import Outside
from ivy.daemon.preparing import prepare
from ivy.daemon.wiring import build
from ivy.domain import public_paths
from ivy.domain.consent import Purpose
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.brain import Brain
from ivy.emulators.deliveries import Post, poster
from ivy.emulators.faults import Fault, FaultyTransport, Script
from ivy.emulators.in_process import in_process
from ivy.emulators.mailbox import Mailboxes
from ivy.emulators.openai import OpenAIEmulator
from ivy.emulators.operator_desk import OperatorDesk
from ivy.emulators.retell import RetellEmulator
from ivy.emulators.retell_webhooks import Deliver
from ivy.emulators.transcription import TranscriptionEmulator
from ivy.emulators.twilio import TwilioEmulator
from ivy.emulators.whatsapp import WhatsAppEmulator
from ivy.emulators.whatsapp_solo import ROOT as SOLO_ROOT
from ivy.emulators.whatsapp_solo import SoloEmulator
from ivy.store import consents, people
from ivy.store.database import Store, open_store
from ivy.store.people import NewPerson
from ivy.store.scope import for_user
from ivy.threads import Threads
from ivy.tools.registry import Registry, families

APP_SECRET = "emulated-app-secret"  # noqa: S105 - an emulator's
TOKEN = "emulated-token"  # noqa: S105
VERIFY = "emulated-verify"
PNID = "106540352242922"
KEY = "emulated-key"
WABA = "102290129340398"
ORIGIN = "http://emulated"
WEBHOOK = f"{ORIGIN}{public_paths.WHATSAPP}"
FLOWS = f"{ORIGIN}{public_paths.FLOWS}"
SMS_WEBHOOK = f"{ORIGIN}{public_paths.SMS}"
ACCOUNT_SID = "AC" + "e" * 32
AUTH_TOKEN = "emulated-auth-token"  # noqa: S105
SMS_NUMBER = "+15550102030"
SOLO_KEY = "emulated-agent-key"
OPERATOR_SECRET = "emulated-operator-secret"  # noqa: S105
VOICE_KEY = "key_emulated"
VOICE_NUMBER = "+15550102040"
VOICE_WEBHOOK = f"{ORIGIN}{public_paths.RETELL}"


@dataclass
class Vendors:
    """The emulated outside; each one's `faults` script what its transport does to the next requests."""

    whatsapp: WhatsAppEmulator
    anthropic: AnthropicEmulator
    openai: OpenAIEmulator
    transcription: TranscriptionEmulator
    sms: TwilioEmulator
    solo: SoloEmulator
    mail: Mailboxes
    operator: OperatorDesk
    retell: RetellEmulator | None = None
    """Nobody is phoned where voice.enabled is false."""
    faults: dict[str, Script[Fault]] = field(default_factory=dict[str, Script[Fault]])


@dataclass
class World:
    """A running Ivy and its people. `daemon.context` has the store, the clock and the configuration."""

    daemon: Daemon
    vendors: Vendors
    http: httpx2.AsyncClient
    """Reaches Ivy's own public routes."""

    @property
    def store(self) -> Store:
        return self.daemon.context.store

    @property
    def clock(self) -> Clock:
        return self.daemon.context.clock

    async def add_person(self, phone: str | None, **values: Any) -> str:
        """Let somebody in, with consent to messages; return their id."""
        return await add_person(
            self.daemon.context.store, self.daemon.context.new_id(), phone, now=self.clock.now(), **values
        )


async def add_person(store: Store, user_id: str, phone: str | None, *, now: datetime, **values: Any) -> str:
    """Put in an active person whose messages to WhatsApp come from `phone`."""
    defaults = NewPerson(user_id, "Ana", "active", "en-US", "America/New_York", "USD", phone)
    person = for_user(store, user_id)
    await store.write(people.add, replace(defaults, **values), now=now)
    await person.write(consents.record, Purpose.MESSAGES, granted=True, proof="emulated", now=now)
    return user_id


def emulated(config: Config, *, live_models: bool = False) -> Config:
    """Return the configuration with every vendor (but for `live_models`, the models) replaced by its emulator."""
    channel: WhatsAppSection = _replace(
        config.whatsapp,
        base_url=ORIGIN,
        phone_number_id=PNID,
        waba_id=WABA,
        token=Secret(TOKEN),
        app_secrets=Secret(APP_SECRET),
        verify_token=Secret(VERIFY),
    )
    models = ModelsSection(
        primary=ModelSection(vendor="anthropic", model="claude-sonnet-5-5", base_url=ORIGIN, api_key=Secret(KEY)),
        fallback=ModelSection(vendor="openai", model="gpt-6-luna", base_url=f"{ORIGIN}/v1", api_key=Secret(KEY)),
        cheap=ModelSection(vendor="anthropic", model="claude-haiku-5-5", base_url=ORIGIN, api_key=Secret(KEY)),
    )
    sealed: StoreSection = _replace(config.store, seal_key=Secret("00" * 32))
    sms: SmsSection = _replace(
        config.sms, base_url=ORIGIN, account_sid=ACCOUNT_SID, auth_token=Secret(AUTH_TOKEN), sender=SMS_NUMBER
    )
    solo: SoloSection = _replace(config.solo, base_url=f"{ORIGIN}{SOLO_ROOT}", api_key=Secret(SOLO_KEY))
    mail: MailSection = _replace(config.mail, host="emulated", tls="none", sender="Ivy <ivy@example.org>")
    server: ServerSection = _replace(config.server, public_url=config.server.public_url or ORIGIN)
    memory: MemorySection = _replace(
        config.memory, embedder="openai", base_url=f"{ORIGIN}/v1", model="text-embedding-3-small", api_key=Secret(KEY)
    )
    ears: TranscriptionSection = _replace(config.transcription, base_url=f"{ORIGIN}/v1", api_key=Secret(KEY))
    voice: VoiceSection = _replace(
        config.voice, base_url=ORIGIN, api_key=Secret(VOICE_KEY), webhook_keys=Secret(VOICE_KEY), number=VOICE_NUMBER
    )
    return _replace(
        config,
        whatsapp=channel,
        models=config.models if live_models else models,
        store=sealed,
        sms=sms,
        solo=solo,
        mail=mail,
        server=server,
        transcription=ears,
        memory=memory,
        voice=voice,
        operator=_replace(config.operator, webhook_secret=Secret(OPERATOR_SECRET)),
    )


def _replace(section: Any, **changes: Any) -> Any:
    """Return a section with changes, validated like the file."""
    return type(section)(**{name: getattr(section, name) for name in section.__struct_fields__} | changes)


@cache
def make_brain(disabled: tuple[str, ...] = ()) -> Brain:
    """Return the deterministic model that knows every tool by its examples."""
    return Brain(Registry(families(), disabled=disabled).examples())


@asynccontextmanager
async def open_world(
    folder: Path,
    *,
    clock: Clock,
    threads: Threads,
    config: Config | None = None,
    seed: int = 1,
    throwaway: bool = True,
    brain: Brain | None = None,
    live_models: bool = False,
    retell: RetellEmulator | None = None,
) -> AsyncGenerator[World]:
    """Run the daemon's tasks and the emulators until the block ends. The file in `folder` may be an earlier world's.

    `live_models` keeps the configuration's models, which cost money; the clock must be a real one then. A `retell` that is
    given outlives this world, as the real one does, and is run by whoever made it.
    """
    config = emulated(config or Config(), live_models=live_models)
    path = config.database(folder)
    prepare(path)
    brain = brain or make_brain(config.tools.disabled)
    clients: dict[str, httpx2.AsyncClient] = {"outside": open_client(transport=None if live_models else _Nowhere())}
    # The clients outlive the tasks: a webhook on its way when the block ends is cancelled, not refused by a closed client.
    async with (
        open_store(path, threads=threads, throwaway=throwaway) as store,
        _closed_after(clients),
        trio.open_nursery() as nursery,
    ):
        door = _Door()
        vendors = _vendors(brain, clock, door)
        vendors.retell = retell or _retell(config, brain, clock, seed, door.ask)
        apps = {
            "whatsapp": vendors.whatsapp.app,
            "transcription": vendors.transcription.app,
            "embedder": vendors.openai.app,
            "sms": vendors.sms.app,
            "solo": vendors.solo.app,
            "operator": vendors.operator.app,
        }
        if not live_models:
            apps |= {"anthropic": vendors.anthropic.app, "openai": vendors.openai.app}
        if vendors.retell is not None:
            apps["retell"] = vendors.retell.app
        clients |= {name: _client(name, app, vendors) for name, app in apps.items()}
        if vendors.retell is not None and not vendors.retell.placed:
            await _provision(config, clients["retell"])
        outside = Outside(clients["outside"], clients, vendors.mail.deliver)
        parts = build(config, folder, store, clock, Random(seed), outside, threads=threads)
        daemon = Daemon(parts.context)
        app = web.public_app(parts.context, daemon.health)
        clients["ivy"] = door.http = open_client(transport=in_process(app))
        world = World(daemon, vendors, door.http)
        await parts.warm()
        await nursery.start(daemon.work)
        nursery.start_soon(vendors.whatsapp.run)
        nursery.start_soon(vendors.sms.run)
        if vendors.retell is not None and retell is None:
            nursery.start_soon(vendors.retell.run)
        try:
            yield world
        finally:
            nursery.cancel_scope.cancel()


class _Door:
    """Where vendors find Ivy, once it is there."""

    http: httpx2.AsyncClient

    def post(self, url: str) -> Post:
        """Return what delivers a webhook to one address."""
        address = httpx2.URL(url)
        return lambda body, headers: poster(self.http, address)(body, headers)

    async def ask(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Ask Ivy in the request, as a phone that fills in a form does, or an agent in the middle of a call."""
        response = await self.http.post(address(url), content=body, headers=headers)
        return response.status_code, response.content


def _vendors(brain: Brain, clock: Clock, door: _Door) -> Vendors:
    return Vendors(
        WhatsAppEmulator(
            app_secret=APP_SECRET,
            token=TOKEN,
            phone_number_id=PNID,
            verify_token=VERIFY,
            deliver=door.post(WEBHOOK),
            now=clock.now,
            waba_id=WABA,
            ask_endpoint=lambda body, headers: door.ask(FLOWS, body, headers),
        ),
        AnthropicEmulator(brain),
        OpenAIEmulator(brain),
        TranscriptionEmulator(keys={KEY}),
        TwilioEmulator(
            account_sid=ACCOUNT_SID,
            auth_token=AUTH_TOKEN,
            number=SMS_NUMBER,
            webhook_url=SMS_WEBHOOK,
            deliver=door.post(SMS_WEBHOOK),
            now=clock.now,
        ),
        SoloEmulator(key=SOLO_KEY, now=clock.now),
        Mailboxes(),
        OperatorDesk(OPERATOR_SECRET, clock.now),
    )


def _retell(config: Config, brain: Brain, clock: Clock, seed: int, deliver: Deliver) -> RetellEmulator | None:
    """Return who carries phone calls here, if anybody does."""
    if not config.voice.enabled:
        return None
    return RetellEmulator(
        api_key=VOICE_KEY,
        webhook_key=VOICE_KEY,
        number=VOICE_NUMBER,
        webhook_url=VOICE_WEBHOOK,
        deliver=deliver,
        now=clock.now,
        chance=Random(seed),
        brain=brain,
        imported=config.voice.number_is_imported,
    )


async def _provision(config: Config, http: httpx2.AsyncClient) -> None:
    """Publish Ivy's agents, as `ivy voice agents sync --bind` does."""
    from ivy.adapters.retell.agents import Agents
    from ivy.adapters.retell.api import Api
    from ivy.cli.voice_agents import scripts

    agents = Agents(Api(http, base_url=ORIGIN, api_key=VOICE_KEY, timeout_seconds=config.voice.timeout_seconds))
    lines = await agents.sync(scripts(config))
    await agents.bind(config.voice.number, lines[0].agent_id, config.server.public_url)


@asynccontextmanager
async def _closed_after(clients: dict[str, httpx2.AsyncClient]) -> AsyncGenerator[None]:
    """Close what clients there are when the block ends."""
    try:
        yield
    finally:
        with trio.CancelScope(shield=True):
            for client in clients.values():
                await client.aclose()


class _Nowhere(httpx2.AsyncBaseTransport):
    """The outside of an emulated world: there is none."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("an emulated world reaches no one outside", request=request)


def _client(name: str, app: Any, vendors: Vendors) -> httpx2.AsyncClient:
    vendors.faults[name] = Script()
    return open_client(transport=FaultyTransport(in_process(app), vendors.faults[name]))
