"""Puts the parts together; this file and those beside it alone know which adapter is in use. May import: everything but the CLI."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from ivy.adapters.embedders import Embedders
from ivy.adapters.prices import PriceTable
from ivy.adapters.whatsapp.pack import Pack, pack
from ivy.agent import price_cards, prompts
from ivy.agent.embedding import PaidEmbedder
from ivy.agent.guard import Guard
from ivy.agent.recalling import Recaller
from ivy.agent.router import Router
from ivy.clock import Clock
from ivy.config import Config
from ivy.daemon import failing, hours, rate_card, wiring_channels, wiring_models
from ivy.daemon.context import Context
from ivy.daemon.outside import Outside
from ivy.domain import experiments, giving, operator_routes, own_currency, routing
from ivy.domain.admission import Admission
from ivy.domain.ids import uuid7
from ivy.errors import ConfigError
from ivy.ports import (
    Embedder,
    Models,
)
from ivy.store import breakers, memory_vectors, spending
from ivy.store.binding import Connection
from ivy.store.database import Store
from ivy.store.files import Files
from ivy.store.sealing import Sealer
from ivy.threads import Threads

if TYPE_CHECKING:
    from ivy.agent.turn import Agent
    from ivy.daemon.backup_room import BackupRoom


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
    """Make everything the daemon works with; `folder` is the configuration's. Raises: ConfigError naming what is missing.

    The agent alone is made later, at its first use or by `warm`, and raises ConfigError then.
    """
    check(config)
    giving.check(config.giving)
    files = Files(config.media_folder(folder), threads)
    models = wiring_models.models_of(config, outside, threads, files)
    prices = wiring_models.prices_of(config, folder, clock)
    sealer = Sealer(config.store.seal_key.reveal().split())
    router = Router(
        store,
        clock,
        Models(models),
        prices,
        sealer=sealer,
        caps=spending.caps_of(config.spend),
        seconds={role: wiring_models.section_of(config, role).timeout_seconds for role in wiring_models.ROLES},
        policy=failing.policy_of(config),
        setups=(setups := wiring_models.setups_of(config)),
    )
    embedders = Embedders(config.memory, outside.client("embedder"), threads, folder)
    graph = wiring_channels.graph_of(config.whatsapp, outside) if config.whatsapp.enabled else None
    agent_platform = wiring_channels.agent_of(config, outside, clock)
    channels = wiring_channels.channels_of(config, graph, outside, clock, threads, agent_platform)
    voice = wiring_channels.voice_of(config, outside, clock)
    context = Context(
        store,
        clock,
        chance,
        config,
        channels,
        sealer,
        partial(_agent, config, router, clock),
        rate_card.load(config.whatsapp.rates_file, folder),
        Pack(pack()),
        files,
        wiring_channels.fetchers_of(config, graph, agent_platform, outside, threads),
        wiring_channels.transcriber_of(config, outside, threads),
        wiring_channels.form_keys_of(config.whatsapp),
        voice,
        hours.load(config.calls.hours_file, folder),
        partial(router.ask, "cheap") if "cheap" in models else None,
        tariffs=price_cards.load(config, folder),
        memory=_recaller(embedders, store, clock, chance, prices, config),
        alert_post=wiring_channels.alert_post_of(config, outside, clock),
        pulse=wiring_channels.pulse_of(config, outside),
        skew=outside.skew,
        backups=_backups(config, folder, threads),
        site_texts=_site_texts(config, folder),
        polling=wiring_channels.polling_of(channels),
    )

    async def warm() -> None:
        _ = context.agent
        await files.prepare()
        await store.write(breakers.set_up, setups, clock.now())
        await store.write(_want, embedders.wanted, clock.now())
        await prices.load(threads)
        if voice is not None:
            await voice.warm()
        for model in models.values():
            await model.warm()

    return Parts(context, warm)


def _agent(config: Config, router: Router, clock: Clock) -> "Agent":
    """Return who answers turns; all tools are imported only here. Raises: ConfigError."""
    from ivy.agent.turn import Agent
    from ivy.tools.registry import Registry, families

    registry = Registry(families(), disabled=config.tools.disabled)
    return Agent(router, registry, clock, config.turns, scope=config.people.scope_sentence)


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
    prompts.check_scope(config.people.scope_sentence)
    own_currency.check(config.people.currency)
    operator_routes.check(config.operator)
    experiments.check(config.experiments, retries_minutes=config.calls.retries_minutes)
    routing.check({purpose.value: getattr(config.routing, purpose.value) for purpose in routing.For})
    emulated = [
        role for role in wiring_models.ROLES if wiring_models.is_emulated(wiring_models.section_of(config, role))
    ]
    for name, section in (("whatsapp", config.whatsapp), ("solo", config.solo)):
        if emulated and section.enabled and not wiring_channels.is_local(section.base_url):
            raise ConfigError(
                f"models.{emulated[0]} is an emulator's, and {name}.base_url is not: real people must not talk to an emulator."
            )
    if config.backup.folder:
        from ivy.daemon import backup_room

        backup_room.check(config)
