"""What a person's words about calls do before any model: none today, or calls again. May import: the tools and below.

"Don't call me today" is no STOP: nothing is taken back. Calls that were taken back come again by their own words alone.
"""

from dataclasses import replace

from ivy.agent import missed_call, routes, stopping
from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.domain.consent import UNTIL_ANSWERED, Purpose
from ivy.domain.said_of_calls import wants_calls_again, wants_no_calls_today
from ivy.domain.schedule import local_date
from ivy.domain.sentences import Say
from ivy.domain.slots import By, Mode, by_of
from ivy.store import call_slots, consents, pending_actions, people
from ivy.store.call_slots import Slot
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools import call_room, calls_today


def heard(scope: Scope, person: Person, heard: Heard, desk: Desk) -> bool:
    """Act on a wish for a day without calls, or for calls again; return False if the words are a turn's."""
    if person.status == "stopped":
        return False
    if wants_no_calls_today(heard.words):
        none_today(scope, person, desk)
        return True
    return wants_calls_again(heard.words) and _again(scope, person, heard.words, desk)


def none_today(scope: Scope, person: Person, desk: Desk) -> None:
    """Phone them no more on this local date, whatever was planned or asked for; the text that says so is the only effect else."""
    calls_today.leave_out(scope, person, source=desk.channel, now=desk.now)
    if person.suspended_until == UNTIL_ANSWERED:  # this answers "today, calls, or everything?"
        pause = stopping.pause_of(pending_actions.newest(scope, stopping.QUESTION), desk.now)
        pending_actions.settle(scope, stopping.QUESTION, now=desk.now)
        people.suspend(scope, pause)
    desk.tell(scope, person, Say.NO_CALLS_TODAY)


def _again(scope: Scope, person: Person, words: str, desk: Desk) -> bool:
    """Give calls back to somebody who took them back; what else "call me again" may mean is a turn's."""
    if Purpose.CALLS in consents.current(scope) or not consents.ever_given(scope, Purpose.CALLS):
        return False
    voice = desk.config.voice
    if not voice.enabled or not person.phone or not routes.gets_to(voice, person.phone):
        desk.tell(scope, person, Say.CALLS_CANNOT)
        return True
    consents.record(scope, Purpose.CALLS, granted=True, proof=desk.proof(words), now=desk.now)
    mode = Mode(person.mode)
    wanted = [slot for slot in call_slots.of(scope) if slot.by is By.VOICE or by_of(mode, slot.kind) is By.VOICE]
    rung = [slot for slot in wanted if _by_phone(scope, person, slot, desk)]
    if not rung:  # they have no time for it: a turn asks which
        return False
    desk.tell(scope, person, Say.CALLS_AGAIN)
    return True


def _by_phone(scope: Scope, person: Person, slot: Slot, desk: Desk) -> bool:
    """Let a slot be a call, on the new consent; return False where there are no minutes for it."""
    caps = desk.config.calls
    chosen = replace(slot, consent_id=call_slots.consent_of(scope, Purpose.CALLS))
    now_voice = missed_call.contact_by(scope, chosen, By.VOICE, desk)
    today = local_date(desk.now, person.zone)
    if call_room.fits(scope, today, person_month=caps.minutes_per_person_month, day=caps.minutes_per_day):
        return True
    missed_call.contact_by(scope, now_voice, By.TEXT, desk)
    return False
