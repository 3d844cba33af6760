"""What one person costs in a month, with the phone and without, against the plan's targets. May import: projection."""

from dataclasses import dataclass

from ivy.domain.projection import MONTH, Projection

TARGETS_MICROS = (1_000_000, 750_000, 500_000)
"""What a person may cost in a month, at each of the plan's stages. Source: SPEC, A-m-cost."""


@dataclass(frozen=True)
class PersonMonth:
    """What one person cost in `days`, in micro-dollars, and what that is in a month of 30; `met`: the strictest target, or none."""

    user_id: str
    label: str
    days: int
    chat_micros: int
    call_micros: int
    chat_month_micros: int
    month_micros: int
    chat_met_micros: int | None
    met_micros: int | None


def of(user_id: str, label: str, *, days: int, chat: int, calls: int) -> PersonMonth:
    """Return a person's month: `chat` is all but the `calls` themselves, and `days` (from 1) those that the person was here."""
    chat_month, month = round(chat * MONTH / days), round((chat + calls) * MONTH / days)
    return PersonMonth(user_id, label, days, chat, calls, chat_month, month, met(chat_month), met(month))


def projected(found: Projection, *, call: str) -> tuple[int, int]:
    """Return what a person is likely to cost in 30 days without calls and with them; `call`: the kind of cost that is calls."""
    person_days = found.people * found.days
    if not person_days:
        return 0, 0
    calls = sum(line.likely for line in found.lines if line.kind == call)
    return round((found.total.likely - calls) * MONTH / person_days), round(found.total.likely * MONTH / person_days)


def met(month_micros: int) -> int | None:
    """Return the strictest target that a month stays under, None where it meets none."""
    return min((target for target in TARGETS_MICROS if month_micros < target), default=None)
