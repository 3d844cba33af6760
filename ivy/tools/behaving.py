"""What a preference changes in how Ivy behaves: when it calls, how it writes. May import: the store and below.

The schedule is changed by its own tools, so that a preference does what the same wish in plain words does.
"""

from dataclasses import dataclass

from ivy.domain import said as tags
from ivy.domain.easing import CONTACT
from ivy.domain.facts import VALUES, Behaviour
from ivy.domain.slots import USUAL, By, SlotKind, clock_of
from ivy.domain.when import describe_clock
from ivy.store import call_slots, people, preferences
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools import easing, said, schedule
from ivy.tools.registry import TurnContext

TONE, UNITS = "tone", "units"
"""Keys of `user_preferences`."""
AFTERNOON = "17:00"
_LATE = "15:00"
"""A daily call at this local time or later is the one of the evening."""
_WEEKDAYS = "1-5"


@dataclass(frozen=True)
class Call:
    """The daily call that somebody prefers: its slot, local HH:MM, and whether it keeps to weekdays."""

    kind: SlotKind
    at: str
    weekdays: bool = False

    def clock(self, person: Person) -> str:
        """Return its time as the person reads clocks."""
        return describe_clock(clock_of(self.at), person.locale)


def call_of(scope: Scope, value: str) -> Call:
    """Return which call "morning", "afternoon", "evening" or HH:MM means: at the time they had, or the usual one."""
    kind = SlotKind.MORNING if value == "morning" or (value[:1].isdigit() and value < _LATE) else SlotKind.EVENING
    other = SlotKind.EVENING if kind is SlotKind.MORNING else SlotKind.MORNING
    had, moved = call_slots.of_kind(scope, kind), call_slots.of_kind(scope, other)
    at = {"afternoon": AFTERNOON}.get(value) or (value if value[:1].isdigit() else had.at if had else USUAL[kind].at)
    model = had if had and had.is_on else moved
    return Call(kind, at, weekdays=bool(model and model.is_on and model.days == _WEEKDAYS))


def is_so(scope: Scope, person: Person, behaviour: Behaviour, value: str) -> bool:
    """Say whether Ivy behaves so already."""
    match behaviour:
        case Behaviour.CALL_TIME:
            call = call_of(scope, value)
            slots = {slot.kind: slot for slot in call_slots.of(scope)}
            slot = slots.get(call.kind)
            other = slots.get(SlotKind.EVENING if call.kind is SlotKind.MORNING else SlotKind.MORNING)
            rings_else = other is not None and other.by is By.VOICE
            return slot is not None and slot.by is By.VOICE and slot.at == call.at and not rings_else
        case Behaviour.CONTACT_WAY:
            return person.mode == value and all(slot.by.value == value for slot in call_slots.of(scope))
        case Behaviour.LANGUAGE:
            return person.language == value
        case Behaviour.TONE | Behaviour.UNITS:
            return preferences.recall(scope, behaviour.value) == value


def behave(scope: Scope, behaviour: Behaviour, value: str, turn: TurnContext) -> str:
    """Behave so from now on; return what to say. Raises: ToolFailed, such as for calls to somebody without a number."""
    if not VALUES[behaviour].fullmatch(value):
        raise ValueError(f"{behaviour.value} cannot be {value!r}")
    match behaviour:
        case Behaviour.CALL_TIME:
            call = call_of(scope, value)
            when = f"weekdays at {call.at}" if call.weekdays else call.at
            wish = schedule.ChangeContactTime(when=when, which=call.kind.value, by="voice", instead=True)  # pyright: ignore[reportArgumentType] - morning or evening
            return easing.or_later(
                scope,
                turn,
                "change_contact_time",
                wish,
                CONTACT,
                lambda: schedule.move_contact(scope, wish, turn)[1],  # what they said of it is known already
            )
        case Behaviour.CONTACT_WAY:
            return schedule.change_contact_way.run(schedule.ChangeContactWay(way=value), turn)(scope)  # pyright: ignore[reportArgumentType] - checked above
        case Behaviour.LANGUAGE:
            people.set_locale(scope, f"{value}-{tags.region(turn.person.locale) or 'US'}")
            return "Claro, desde ahora en español." if value == "es" else "Sure, in English from now on."
        case Behaviour.TONE | Behaviour.UNITS:
            preferences.remember(scope, behaviour.value, value, source=turn.source, now=turn.now)
            return said.tell(turn, *_SAYS[value])


_SAYS = {
    "brief": ("Sure, I'll keep it short.", "Claro, más breve desde ahora."),
    "warm": ("Sure, with a little more warmth from now on.", "Claro, con más calidez desde ahora."),
    "metric": ("Sure: kilometres and kilos from now on.", "Claro: kilómetros y kilos desde ahora."),
    "imperial": ("Sure: miles and pounds from now on.", "Claro: millas y libras desde ahora."),
}
