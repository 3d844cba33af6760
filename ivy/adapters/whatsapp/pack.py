"""The templates that Ivy needs, as they are submitted to Meta: one file each, English and Spanish. May import: ports and below.

To add one, copy the neighbouring file in `pack/`, change it, and run `ivy whatsapp templates lint`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from ivy.domain.contents import Template
from ivy.domain.template_lint import lint, lint_pack
from ivy.domain.templates import UTILITY, Definition, LinkButton, digest, fill, find, language_code
from ivy.errors import ConfigError

FOLDER = Path(__file__).parent / "pack"


class _Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    body: str
    buttons: tuple[str, ...]
    examples: dict[str, str] = {}
    footer: str = ""
    link: LinkButton | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    purpose: str
    ttl_seconds: int
    languages: dict[str, _Version]
    category: str = UTILITY


class Pack:
    """Templates as a `TemplatePack`: filled in by name, and known by what their words are."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._definitions = tuple(definitions)
        self.digests: Mapping[tuple[str, str], str] = {
            (each.name, language_code(each.language)): digest(each) for each in definitions
        }

    def fill(self, name: str, language: str, values: Mapping[str, str], actions: Sequence[str] = ()) -> Template:
        """Return a template with its values in it. Raises: KeyError for one that the pack does not have."""
        definition = find(self._definitions, name, language)
        if definition is None:
            raise KeyError(name)
        return fill(definition, values, actions=actions)


@cache
def pack() -> tuple[Definition, ...]:
    """Return every template that came with Ivy, by name and language. Raises: ConfigError if one would be refused."""
    found = read_pack(FOLDER)
    if wrong := complaints(found):
        raise ConfigError(f"the template pack has a mistake: {wrong[0]}")
    return found


def read_pack(folder: Path) -> tuple[Definition, ...]:
    """Read a folder of templates, without judging them. Raises: ConfigError for a file that cannot be read."""
    return tuple(definition for path in sorted(folder.glob("*.toml")) for definition in _read(path))


def complaints(definitions: tuple[Definition, ...]) -> list[str]:
    """Return all that is wrong with templates, each with the name of its template."""
    of_each = [f"{each.name} ({each.language}): {said}" for each in definitions for said in lint(each)]
    return [*of_each, *lint_pack(definitions)]


def _read(path: Path) -> list[Definition]:
    try:
        file = msgspec.toml.decode(path.read_bytes(), type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(f"{path.name} cannot be read: {error}.") from error
    return [
        Definition(
            name=path.stem,
            language=language,
            purpose=file.purpose,
            body=version.body,
            examples=version.examples,
            footer=version.footer,
            buttons=version.buttons,
            link=version.link,
            ttl_seconds=file.ttl_seconds,
            category=file.category,
        )
        for language, version in sorted(file.languages.items())
    ]
