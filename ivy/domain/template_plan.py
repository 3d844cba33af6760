"""What a submission of the pack would do, template by template. May import: the domain.

Source: Cloud API, "Template management": approved ones may be edited once in 24 hours, ones under review not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from ivy.domain.template_states import (
    APPROVED,
    DELETED,
    EDIT_EVERY,
    IN_APPEAL,
    NAME_BLOCKED,
    PAUSED,
    PENDING,
    PENDING_DELETION,
    REJECTED,
    Registered,
)
from ivy.domain.templates import Definition, Listed, language_code, same_words

_GONE = (DELETED, PENDING_DELETION)
_EDITABLE = (APPROVED, REJECTED, PAUSED)


class Do(Enum):
    CREATE = "create"
    EDIT = "edit"
    KEEP = "keep"
    WAIT = "wait"


@dataclass(frozen=True)
class Step:
    """What is to be done with one template, and why; `vendor_id` is of the one that Meta has."""

    definition: Definition
    do: Do
    why: str
    vendor_id: str = ""


Place = tuple[str, str]
"""A template's name and its language as Meta spells it."""


def place(name: str, language: str) -> Place:
    return name, language_code(language)


def plan(
    definitions: Sequence[Definition], listed: Sequence[Listed], known: Mapping[Place, Registered], now: datetime
) -> tuple[Step, ...]:
    """Return a step for each definition, in order. Made again after it was carried out, it keeps everything."""
    theirs = {place(each.name, each.language): each for each in listed if each.status not in _GONE}
    return tuple(
        _step(each, theirs.get(at := place(each.name, each.language)), known.get(at), now) for each in definitions
    )


def _step(definition: Definition, theirs: Listed | None, known: Registered | None, now: datetime) -> Step:
    if theirs is None:
        if known is not None and known.status in _GONE and now < (free := known.status_at + NAME_BLOCKED):
            return Step(definition, Do.WAIT, f"the name of a deleted template is blocked until {free:%Y-%m-%d}")
        return Step(definition, Do.CREATE, "Meta does not have it")
    if same_words(definition, theirs):
        return Step(definition, Do.KEEP, f"the same words are {theirs.status}", theirs.vendor_id)
    if theirs.status in (PENDING, IN_APPEAL):
        return Step(
            definition, Do.WAIT, "Meta is looking at other words of it: they cannot be edited", theirs.vendor_id
        )
    if theirs.status not in _EDITABLE:
        why = f"its words differ and it is {theirs.status}: mend it in WhatsApp Manager, or rename it"
        return Step(definition, Do.WAIT, why, theirs.vendor_id)
    submitted = known.submitted_at if known is not None and known.vendor_id == theirs.vendor_id else None
    if theirs.status == APPROVED and submitted is not None and now < submitted + EDIT_EVERY:
        why = f"an approved template is edited once in 24 hours: again from {submitted + EDIT_EVERY:%Y-%m-%d %H:%M} UTC"
        return Step(definition, Do.WAIT, why, theirs.vendor_id)
    again = "; it cannot be sent until it is approved again" if theirs.status == APPROVED else ""
    return Step(definition, Do.EDIT, f"its words differ from the {theirs.status} ones{again}", theirs.vendor_id)
