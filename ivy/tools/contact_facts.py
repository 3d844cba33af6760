"""What somebody says of when they want to be contacted is known of them too, as what they told. May import: the store and below."""

from ivy.clock import unstamp
from ivy.domain.facts import Behaviour, Claim, Fact, Kind, Way, beginning
from ivy.domain.slots import By, SlotKind, clock_of
from ivy.domain.when import describe_clock
from ivy.store import call_slots, facts
from ivy.store.call_slots import Slot
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import TurnContext

MOST = 300
"""Facts that hold at once, as `remember` has it; here the slot itself is what counts."""
_LATE = "15:00"
"""A daily call at this local time or later is the one of the evening."""
_DAILY = (SlotKind.MORNING, SlotKind.EVENING)
_WORDS = {
    SlotKind.MORNING: ("our contact of the morning", "nuestro contacto de la mañana"),
    SlotKind.EVENING: ("our contact of the evening", "nuestro contacto de la noche"),
    SlotKind.WEEKLY: ("to plan the week together", "planear la semana"),
    SlotKind.MONTHLY: ("to look at the month together", "mirar el mes"),
}


def learn(scope: Scope, turn: TurnContext, slot: Slot) -> None:
    """Keep the time that somebody just chose as a fact, in place of what they told of it before.

    "I prefer morning calls" stays beside a time in the morning, and ends with the evening that takes its place.
    """
    if len(facts.holding(scope)) >= MOST:
        return
    taken = facts.say(scope, _claim(scope, turn, slot), new_id=turn.new_id(), now=turn.now)
    for preferred in facts.of_slot(scope, Kind.PREFERENCE, Behaviour.CALL_TIME.value):
        if preferred.holds and _contradicts(scope, slot, preferred):
            facts.supersede(scope, preferred, taken.fact.id, now=turn.now)


def _contradicts(scope: Scope, slot: Slot, preferred: Fact) -> bool:
    if slot.kind not in _DAILY:
        return False
    is_clock = preferred.value[:1].isdigit()
    is_morning = preferred.value == "morning" or (is_clock and preferred.value < _LATE)
    if slot.kind is (SlotKind.MORNING if is_morning else SlotKind.EVENING):
        return is_clock and preferred.value != slot.at
    return all(each.kind is slot.kind for each in call_slots.of(scope) if each.kind in _DAILY)


def _claim(scope: Scope, turn: TurnContext, slot: Slot) -> Claim:
    source = facts.source_of(scope, turn.turn_id) if turn.turn_id else None
    text = _text(turn, slot)
    quote = beginning(source["body"]) if source else text
    message_id, at = (source["id"], unstamp(source["at_ms"])) if source else ("", turn.now)
    subject = f"{slot.kind.value} contact"
    return Claim(Kind.SCHEDULE, subject, slot.at, text, quote, message_id, Way.TOLD, 1.0, at)


def _text(turn: TurnContext, slot: Slot) -> str:
    """Say it as they would: "I want our contact of the morning at 6:30 am, by phone"."""
    clock = describe_clock(clock_of(slot.at), turn.person.locale)
    english, spanish = _WORDS[slot.kind]
    by, por = ("by phone", "por teléfono") if slot.by is By.VOICE else ("in writing", "por escrito")
    return said.tell(turn, f"I want {english} at {clock}, {by}", f"Quiero {spanish} a las {clock}, {por}")
