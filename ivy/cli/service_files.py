"""The files by which a machine runs Ivy as a service, as text made from the configuration. May import: config, errors, webhooks.

Their templates are in ivy/data/service; a word between two @ is filled in. Nothing is read here but those, nothing written.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from math import ceil
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from ivy.config import Config
from ivy.daemon.webhooks import LARGEST_BODY
from ivy.errors import ConfigError

CONFIG = PurePosixPath("/etc/ivy/ivy.toml")
SECRETS = CONFIG.parent / "secrets"
STATE = PurePosixPath("/var/lib/ivy")
STOPPING_TAKES = 30
"""Seconds beside the drain: closing the database moves what is in its log."""
_WORD = re.compile("@([A-Z_]+)@")
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._/-]*")


@dataclass(frozen=True)
class ServiceFile:
    """One file: where it belongs, counted from the root; who may do what with it; its text."""

    place: str
    mode: int
    text: str


def service_files(config: Config) -> list[ServiceFile]:
    """Return the files for a configuration; without a public address there is none for Caddy. Raises: ConfigError."""
    words = words_of(config)
    files = [
        ServiceFile("etc/systemd/system/ivy.service", 0o644, fill("ivy.service", words)),
        ServiceFile("usr/lib/sysusers.d/ivy.conf", 0o644, fill("sysusers.conf", words)),
        ServiceFile("usr/lib/tmpfiles.d/ivy.conf", 0o644, fill("tmpfiles.conf", words)),
        ServiceFile("usr/local/bin/ivy", 0o755, fill("ivy.sh", words)),
    ]
    if config.server.public_url:
        files.append(ServiceFile("etc/caddy/Caddyfile", 0o644, fill("Caddyfile", words)))
    return files


def words_of(config: Config) -> dict[str, str]:
    """Return what the templates leave open. Raises: ConfigError where the configuration does not fit a service."""
    server = config.server
    return {
        "ROOT": _plain("service.root", config.service.root.rstrip("/")),
        "CONFIG": str(CONFIG),
        "CONFIG_FOLDER": str(CONFIG.parent),
        "SECRETS": str(SECRETS),
        "DATABASE": _database(config),
        "WRITABLE": "".join(f"ReadWritePaths=-{place}\n" for place in writable(config)),
        "STOP_SECONDS": str(ceil(server.drain_seconds) + STOPPING_TAKES),
        "PORT": str(server.port),
        "OPS_PORT": str(server.ops_port),
        "SITE": site(server.public_url) if server.public_url else "",
        "BACKEND": backend(server.host, server.port),
        "LARGEST_BODY": str(LARGEST_BODY),
    }


def writable(config: Config) -> list[str]:
    """Return the folders outside the service's own that the configuration lets it write to.

    In the unit a minus stands before each: a disk that is not there must cost its backup, not the start.
    """
    named = {
        "store.path": str(PurePosixPath(_database(config)).parent),
        "media.folder": config.media.folder,
        "backup.folder": config.backup.folder,
    }
    places = [_plain(key, path) for key, path in named.items() if path.startswith("/")]
    return sorted({each for each in places if not PurePosixPath(each).is_relative_to(STATE)})


def site(public_url: str) -> str:
    """Return the name that Caddy answers to, and asks a certificate for. Raises: ConfigError."""
    parts = urlsplit(public_url)
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
        raise ConfigError(
            f"server.public_url is {public_url!r}; Caddy needs https:// and a name, such as https://ivy.example.org."
        )
    return parts.netloc


def backend(host: str, port: int) -> str:
    """Return where Ivy listens, as seen from this machine."""
    name = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def fill(name: str, words: Mapping[str, str]) -> str:
    template = resources.files("ivy").joinpath("data", "service", name).read_text()
    return _WORD.sub(lambda found: words[found[1]], template)


def _database(config: Config) -> str:
    path = config.store.path
    return _plain("store.path", path) if path.startswith("/") else str(STATE / PurePosixPath(path).name)


def _plain(key: str, path: str) -> str:
    """Return a path that needs no quotes, neither in a unit nor in a shell. Raises: ConfigError."""
    if not _PLAIN_PATH.fullmatch(path):
        raise ConfigError(f"{key} is {path!r}; for a service it has to be an absolute path of plain letters.")
    return path
