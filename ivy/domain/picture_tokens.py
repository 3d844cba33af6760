"""How many tokens a picture costs a model. May import: the ground, msgspec.

The vendors' formulas are data with dates, in `ivy/data/picture_tokens.toml`. Pictures that a vendor shrinks cost less than this.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import msgspec

from ivy.errors import ConfigError

FILE = "picture_tokens.toml"
_Count = Annotated[int, msgspec.Meta(ge=1)]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One vendor's formula: patches of `patch` pixels a side, or one token for each `pixels` of the area."""

    family: str
    most_patches: _Count
    source: str
    patch: int = 0
    pixels: int = 0
    factor: Annotated[float, msgspec.Meta(gt=0)] = 1.0

    def tokens(self, width: int, height: int) -> int:
        """Return what a picture costs; one of unknown size (0 by 0) counts as the largest."""
        if width <= 0 or height <= 0:
            patches = self.most_patches
        elif self.patch:
            patches = -(-width // self.patch) * -(-height // self.patch)
        else:
            patches = -(-width * height // self.pixels)
        return math.ceil(min(patches, self.most_patches) * self.factor)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    as_of: date
    rules: Annotated[tuple[Rule, ...], msgspec.Meta(min_length=1)]


@dataclass(frozen=True)
class PictureTokens:
    """All formulas."""

    rules: tuple[Rule, ...]

    def of(self, width: int, height: int, models: Sequence[str]) -> int:
        """Return what a picture costs the dearest of these models, one of which may be shown it."""
        return max(rule.tokens(width, height) for model in models for rule in self._rules_of(model))

    def _rules_of(self, model: str) -> Sequence[Rule]:
        return [rule for rule in self.rules if rule.family in model.lower()] or self.rules


def load(text: str) -> PictureTokens:
    """Read the TOML of formulas. Raises: ConfigError."""
    try:
        rules = msgspec.toml.decode(text, type=_File).rules
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{FILE}: {error}") from None
    if odd := [rule.family for rule in rules if bool(rule.patch) == bool(rule.pixels)]:
        raise ConfigError(f"{FILE}: {odd[0]} takes either patch or pixels.")
    return PictureTokens(rules)
