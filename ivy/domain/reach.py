"""Whether our number can phone somebody at all, which is said when they join and not at their first call.

May import: the domain, the ground, msgspec. Source: `data/voice_reach.toml`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import msgspec

from ivy.domain.calling_hours import country_of
from ivy.errors import ConfigError

RETELL = "retell"


class Bought(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the numbers that a provider sells can phone."""

    provider: str
    regions: frozenset[Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]]
    source: str
    checked: date


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bought: tuple[Bought, ...]


Routes = Mapping[str, Bought]
"""By provider."""


@dataclass(frozen=True)
class Reach:
    """`why` is a sentence for whoever set this up; `country` (ISO) is theirs, "" where it cannot be told."""

    ok: bool
    why: str
    country: str = ""


def load(text: str, name: str = "the list of countries that can be phoned") -> Routes:
    """Read where bought numbers reach. Raises: ConfigError, naming what is wrong with `name`."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{name} is wrong: {error}") from None
    return {row.provider: row for row in file.bought}


def reaches(routes: Routes, our_number: str, imported: bool, theirs: str, provider: str = RETELL) -> Reach:
    """Say whether calls from our number get to theirs, both in E.164, as far as can be known before one is made."""
    country = country_of(theirs)
    if not country:
        return Reach(False, f"{theirs or 'an empty number'} is not a number of any country.")
    if not our_number:
        return Reach(False, "Ivy has no number of its own to call from: set voice.number.", country)
    if imported:
        return Reach(True, "An imported number goes wherever its carrier permits; one test call tells.", country)
    row = routes.get(provider)
    if row is None:
        return Reach(False, f"Nothing is known of where numbers of {provider} reach; try one call.", country)
    if country in row.regions:
        return Reach(True, f"Numbers bought from {provider} reach {country}, as of {row.checked}.", country)
    return Reach(
        False,
        f"Numbers bought from {provider} do not reach {country} (as of {row.checked}): import one from a carrier "
        "that does, and set voice.number_is_imported.",
        country,
    )
