"""How the configuration is put together: TOML, the environment, files of secrets. May import: sections, errors, log, msgspec."""

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast, get_type_hints

import msgspec

from ivy import log
from ivy.config.sections import Config, Secret, Section
from ivy.errors import ConfigError

PREFIX = "IVY_"
PATH_VARIABLE = "IVY_CONFIG"
DEFAULT_PATH = "ivy.toml"


def config_path(given: str | None = None) -> Path:
    """Return where the configuration is: the option, else IVY_CONFIG, else ./ivy.toml."""
    return Path(given or os.environ.get(PATH_VARIABLE) or DEFAULT_PATH)


def load(path: Path, environment: Mapping[str, str]) -> Config:
    """Read and check the whole configuration. Raises: ConfigError, naming the key."""
    try:
        raw = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise ConfigError(f"There is no {path}; `ivy init` writes one.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    return build(raw, environment, path.parent)


def build(raw: dict[str, Any], environment: Mapping[str, str], folder: Path) -> Config:
    """Make a configuration of parsed TOML, the environment's overrides and the files that hold secrets."""
    _refuse_secrets(raw, Config, "")
    _override(raw, environment)
    _read_secrets(raw, Config, folder, "")
    _fill(raw, Config())
    try:
        return msgspec.convert(raw, Config, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ConfigError(f"The configuration is wrong: {error}") from None


def keys(section: Section | None = None, prefix: str = "") -> dict[str, Any]:
    """Return every key that may stand in `ivy.toml`, dotted, with its default; secrets are left out."""
    found: dict[str, Any] = {}
    section = section or Config()
    for field in msgspec.structs.fields(section):
        value = getattr(section, field.name)
        if isinstance(value, Section):
            found |= keys(value, f"{prefix}{field.name}.")
        elif not isinstance(value, Secret):
            found[f"{prefix}{field.name}"] = value
    return found


def getattr_path(value: Any, path: str) -> Any:
    """Return the attribute at a dotted path."""
    for name in path.split("."):
        value = getattr(value, name)
    return value


# --- how the parts are put together ----------------------------------------------------------------


def _decode(wanted: type, value: Any) -> Any:
    if wanted is Secret:
        return Secret(str(value))
    raise NotImplementedError


def _sections(section: type[Section]) -> dict[str, Any]:
    return get_type_hints(section)


def _refuse_secrets(raw: Mapping[str, Any], section: type[Section], where: str) -> None:
    for name, kind in _sections(section).items():
        if name not in raw:
            continue
        if kind is Secret:
            raise ConfigError(f"{where}{name} is a secret: put it in a file and name that in {where}{name}_file.")
        if isinstance(kind, type) and issubclass(kind, Section) and isinstance(raw[name], dict):
            _refuse_secrets(raw[name], kind, f"{where}{name}.")


def _override(raw: dict[str, Any], environment: Mapping[str, str]) -> None:
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or "__" not in variable:
            continue
        *sections, name = variable.removeprefix(PREFIX).lower().split("__")
        table, kind = raw, Config
        for section in sections:
            inner = _sections(kind).get(section)
            if not (isinstance(inner, type) and issubclass(inner, Section)):
                raise ConfigError(f"{variable}: there is no section [{'.'.join(sections)}].")
            if not isinstance(table.setdefault(section, {}), dict):
                raise ConfigError(f"{section} is a table: [{section}].")
            table, kind = table[section], inner
        wanted = _sections(kind).get(name)
        if wanted is None:
            raise ConfigError(f"{variable}: [{'.'.join(sections)}] has no key {name}.")
        table[name] = text if wanted in (str, Secret) else _value(variable, text)


def _value(variable: str, text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        raise ConfigError(f"{variable}: {text!r} is not a TOML value.") from None


def _fill(raw: dict[str, Any], defaults: Section) -> None:
    """Give a table that is there the defaults of its own place: [models.primary] is not any [models.*]."""
    for field in msgspec.structs.fields(defaults):
        value = getattr(defaults, field.name)
        table = raw.get(field.name)
        if isinstance(value, Section):
            if isinstance(table, dict):
                _fill(cast("dict[str, Any]", table), value)
        elif not isinstance(value, Secret):
            raw.setdefault(field.name, value)


def _read_secrets(raw: dict[str, Any], section: type[Section], folder: Path, where: str) -> None:
    for name, kind in _sections(section).items():
        if isinstance(kind, type) and issubclass(kind, Section):
            if isinstance(raw.get(name), dict):
                _read_secrets(raw[name], kind, folder, f"{where}{name}.")
        elif kind is Secret:
            file = raw.get(f"{name}_file")
            if name not in raw and isinstance(file, str) and file:
                raw[name] = _secret_of(_handed(folder, file), f"{where}{name}_file")
            if raw.get(name):
                log.hide(_words_of(str(raw[name])))


def _handed(folder: Path, file: str) -> Path:
    """Return where a secret lies: among what systemd handed over, or at its own path.

    LoadCredential=secrets:/etc/ivy/secrets makes `secrets_token` of `secrets/token`. Source: systemd.exec(5).
    """
    path, handed = folder / file, os.environ.get("CREDENTIALS_DIRECTORY")
    if handed and path.is_relative_to(folder):
        credential = Path(handed, "_".join(path.relative_to(folder).parts))
        if credential.is_file():
            return credential
    return path


def _secret_of(path: Path, key: str) -> str:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077 and "CREDENTIALS_DIRECTORY" not in os.environ:
            raise ConfigError(f"{key}: others can read {path}; mend it with `chmod 600 {path}`.")
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}: {path} cannot be read: {error.__class__.__name__}.") from None


def _words_of(secret: str) -> list[str]:
    """Return what must never be printed: each of several secrets, or a key's lines, not the words of its header."""
    return [line for line in secret.splitlines() if "-----" not in line] if "-----BEGIN" in secret else secret.split()
