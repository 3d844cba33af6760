"""The models of the configuration, their wires and their prices. May import: everything but the CLI."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import trio

from ivy.adapters.prices import PriceFile, PriceTable
from ivy.agent import price_cards
from ivy.clock import Clock
from ivy.config import Config, ModelSection
from ivy.daemon.outside import Outside
from ivy.errors import ConfigError
from ivy.ports import (
    Model,
    ModelAnswer,
    ModelRequest,
    Pictures,
    Wire,
)
from ivy.store.files import Files
from ivy.threads import Threads

ROLES = ("primary", "fallback", "cheap")
EMULATED = "emulated-"
"""How the keys of emulated models begin: a real channel must not be joined to one."""


def is_emulated(section: ModelSection) -> bool:
    return section.api_key.reveal().startswith(EMULATED)


def section_of(config: Config, role: str) -> ModelSection:
    return {"primary": config.models.primary, "fallback": config.models.fallback, "cheap": config.models.cheap}[role]


def setups_of(config: Config) -> dict[str, str]:
    """Return a digest of each model's key and address: what a wrong one spoilt is over once it was changed."""
    sections = [section_of(config, role) for role in ROLES]
    return {
        f"{each.vendor}/{each.model}": sha256(f"{each.api_key.reveal()} {each.base_url}".encode()).hexdigest()[:16]
        for each in sections
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


def models_of(config: Config, outside: Outside, threads: Threads, files: Files) -> dict[str, LazyModel]:
    """Return the models that are configured, by role. Raises: ConfigError without a first one, or for an unknown vendor."""
    made = {role: _model(role, config, outside, threads, files) for role in ROLES}
    found = {role: model for role, model in made.items() if model is not None}
    if "primary" not in found:
        raise ConfigError(
            "models.primary has no key: set models.primary.api_key_file, or IVY_MODELS__PRIMARY__API_KEY."
        )
    return found


def _model(role: str, config: Config, outside: Outside, threads: Threads, files: Files) -> LazyModel | None:
    section = section_of(config, role)
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


def prices_of(config: Config, folder: Path, clock: Clock) -> PriceTable:
    compatible = {s.vendor for role in ROLES if (s := section_of(config, role)).vendor == "openai" and s.base_url}
    return PriceTable(
        clock,
        ceiling=config.spend.ceiling,
        overrides=config.spend.prices,
        beyond=PriceFile.load(*price_cards.models_text(config, folder)).prices,
        compatible=compatible,
    )
