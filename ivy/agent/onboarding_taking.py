"""What the answer to each step of an onboarding does, tapped or in words. May import: the tools and below.

Each function returns what is known now and what is said to it, or None for words that answer nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ivy.agent import counting
from ivy.agent.onboarding_asking import COMPANY, GOALS, NO, NOBODY, OTHER, YES, Talk, question_of, spots
from ivy.domain import contact_said, giving, onboarding, places, topics
from ivy.domain.consent import Purpose
from ivy.domain.contact_said import Wish
from ivy.domain.contents import short
from ivy.domain.money import Money, format_money, parse_money
from ivy.domain.onboarding import Progress, Step, after
from ivy.domain.phones import region_of
from ivy.domain.quick_replies import QuickReply, quick_reply
from ivy.domain.said import Unclear
from ivy.domain.schedule import local_date, to_wall
from ivy.domain.sentences import Say
from ivy.domain.slots import USUAL, By, Mode, SlotKind, by_of
from ivy.domain.when import When, describe_when
from ivy.store import call_slots, commitments, consents, nudges, people, wallets
from ivy.store.call_slots import Slot
from ivy.store.onboarding import PURPOSES, move
from ivy.tools import call_room


@dataclass(frozen=True)
class Taken:
    progress: Progress
    said: tuple[str, ...] = ()
    asks_money: bool = False
    """Before anything else they are asked which money they meant."""


def tapped(talk: Talk, step: Step, option: str, words: str) -> Taken:
    """Take a tapped option; `words` are its title, as proof."""
    return _TAPS[step](talk, option, words)


def told(talk: Talk, step: Step, words: str) -> Taken | None:
    """Take an answer in somebody's own words."""
    read = _WORDS.get(step)
    return read(talk, words) if read else None


def agree(talk: Talk, step: Step, purpose: Purpose, words: str, *, granted: bool = True) -> None:
    """Keep what the person agreed to, in which words, and what they were asked."""
    proof = f"{talk.desk.proof(words)}, asked: {question_of(talk, step).text!r}"
    consents.record(talk.scope, purpose, granted=granted, proof=proof, now=talk.desk.now)


# --- where, how and when -----------------------------------------------------------------------------


def _zone_tapped(talk: Talk, option: str, _words: str) -> Taken:
    found = spots(talk)
    if option == YES and found:
        return _lives_in(talk, found[0].zone)
    if option == NO and found:
        near = places.zones_of_country(region_of(talk.number)) or talk.progress.zones
        denied = places.zones_at([to_wall(talk.desk.now, found[0].zone).time()], near, talk.desk.now)
        left = tuple(zone for zone in near if zone not in denied)
        return Taken(onboarding.learnt(talk.progress, zones=left))
    if option in (OTHER, NO, YES):
        return Taken(onboarding.learnt(talk.progress, zones=()))
    return _lives_in(talk, option)


def _zone_told(talk: Talk, words: str) -> Taken | None:
    now, known = talk.desk.now, talk.progress.zones
    first, rest = onboarding.parts(words)
    yes = quick_reply(first) is QuickReply.YES and len(spots(talk)) == 1
    found = (known[0],) if yes else places.zones_named(words)
    if not found and (clocks := contact_said.read_clock(words, talk.person.locale)):
        found = places.zones_at(clocks, known, now) or places.zones_at(clocks, places.COMMON, now)
    if not found:
        return None
    if len(places.places(found, now, talk.person.locale)) > 1:
        return Taken(onboarding.learnt(talk.progress, zones=found))
    taken = _lives_in(talk, found[0])
    wish = contact_said.read_wish(rest, talk.person.locale) if yes and rest else Wish()
    wished = _wished(talk, taken.progress, wish, words)  # "yes, and call me at 7"
    return replace(taken, progress=wished.progress, said=(*taken.said, *wished.said)) if wished else taken


def _lives_in(talk: Talk, zone: str) -> Taken:
    move(talk.scope, zone, now=talk.desk.now)
    said = counting.at_home(talk, zone)
    return Taken(after(talk.progress, Step.ZONE, zones=(zone,)), (said,) if said else (), asks_money=said is None)


def _contact_tapped(talk: Talk, option: str, words: str) -> Taken:
    mode, _, at = option.partition("@")
    wish = Wish(Mode(mode), at, talk.progress.days)
    return _wished(talk, talk.progress, wish, words) or Taken(talk.progress)


def _contact_told(talk: Talk, words: str) -> Taken | None:
    rest = topics.without_declining(words)
    taken = _wished(talk, talk.progress, contact_said.read_wish(rest, talk.person.locale), words)
    if taken is None and topics.declines_summary(words):
        told = f"{talk.progress.words}; {words}".removeprefix("; ")
        return Taken(onboarding.learnt(talk.progress, words=told), (talk.say(Say.ONB_NOTED),))
    return taken


def _wished(talk: Talk, known: Progress, wish: Wish, words: str) -> Taken | None:
    """Put together what was told now and before; a way without a time is at the usual one."""
    if wish.mode is None and not wish.at:
        return None
    mode = (wish.mode.value if wish.mode else known.mode) or ("" if talk.may_call else Mode.TEXT.value)
    mode, told = (mode, ()) if not mode else _possible(talk, Mode(mode))
    at = wish.at or known.at or (USUAL[SlotKind.MORNING].at if mode else "")
    days = wish.days if wish.at else known.days
    said = f"{known.words}; {words}".removeprefix("; ")
    if not mode:
        return Taken(onboarding.learnt(known, at=at, days=days, words=said))
    for by in sorted({by_of(Mode(mode), SlotKind.MORNING), by_of(Mode(mode), SlotKind.EVENING)}):
        agree(talk, Step.CONTACT, PURPOSES[by], said)
    people.set_mode(talk.scope, mode)
    return Taken(after(known, Step.CONTACT, mode=mode, at=at, days=days, words=said), told)


def _possible(talk: Talk, mode: Mode) -> tuple[str, tuple[str, ...]]:
    """Return how they can be contacted who want it this way, and what is said to it: where nobody can be phoned, in writing."""
    if mode is Mode.TEXT or talk.may_call:
        return mode.value, ()
    return Mode.TEXT.value, (talk.say(Say.CALLS_NEED_NUMBER),) if talk.desk.config.voice.enabled else ()


def in_writing(talk: Talk) -> Taken:
    """Let it be texts where calls need a number that nothing here can ask for."""
    mode, told = _possible(talk, Mode.VOICE)
    people.set_mode(talk.scope, mode)
    return Taken(after(talk.progress, Step.PHONE, mode=mode), told)


def _phone_told(talk: Talk, words: str) -> Taken | None:
    if (
        contact_said.read_wish(words, talk.person.locale).mode is not Mode.TEXT
        and quick_reply(words) is not QuickReply.NO
    ):
        return None
    agree(talk, Step.PHONE, Purpose.MESSAGES, words)
    people.set_mode(talk.scope, Mode.TEXT.value)
    return Taken(after(talk.progress, Step.PHONE, mode=Mode.TEXT.value))


# --- what is asked on later days ---------------------------------------------------------------------


def _health_tapped(talk: Talk, option: str, words: str) -> Taken:
    agree(talk, Step.HEALTH, Purpose.HEALTH, words, granted=option == YES)
    said = talk.say(Say.ONB_HEALTH_YES if option == YES else Say.ONB_HEALTH_NO)
    return Taken(after(talk.progress, Step.HEALTH), (said,))


def _track_tapped(talk: Talk, option: str, _words: str) -> Taken:
    people.set_track(talk.scope, option)
    said = talk.say(Say.ONB_TRACK_COMPANY if option == COMPANY else Say.ONB_NOTED)
    return Taken(after(talk.progress, Step.TRACK), (said,))


def _goal_tapped(talk: Talk, option: str, _words: str) -> Taken:
    return _wants(talk, talk.say(GOALS[option]))


def _goal_told(talk: Talk, words: str) -> Taken | None:
    goal = onboarding.read_goal(words)
    return _wants(talk, goal) if goal else None


def _wants(talk: Talk, goal: str) -> Taken:
    people.set_goal(talk.scope, goal)
    return Taken(after(talk.progress, Step.GOAL), (talk.say(Say.ONB_GOAL_NOTED, goal=short(goal, 80)),))


def _week_tapped(talk: Talk, option: str, _words: str) -> Taken:
    return _promised(talk, int(option))


def _week_told(talk: Talk, words: str) -> Taken | None:
    promised = onboarding.read_count(words)
    return _promised(talk, promised) if promised else None


def _promised(talk: Talk, promised: int) -> Taken:
    people.set_week(talk.scope, onboarding.realistic(promised))
    commitments.promise(talk.scope, promised)
    if onboarding.realistic(promised) == promised:
        return Taken(after(talk.progress, Step.WEEK), (talk.say(Say.ONB_WEEK_SET, times=promised),))
    return Taken(after(talk.progress, Step.WEEK, promised=promised))


def _week_sure_tapped(talk: Talk, option: str, _words: str) -> Taken:
    return _keeps(talk, int(option))


def _week_sure_told(talk: Talk, words: str) -> Taken | None:
    times = onboarding.read_count(words)
    return _keeps(talk, times) if times else None


def _keeps(talk: Talk, times: int) -> Taken:
    people.set_week(talk.scope, times)
    return Taken(after(talk.progress, Step.WEEK_SURE), (talk.say(Say.ONB_WEEK_SET, times=times),))


def _charity_tapped(talk: Talk, option: str, _words: str) -> Taken:
    if option == NOBODY or option not in talk.desk.config.giving.charities:
        return Taken(after(talk.progress, Step.CHARITY), (talk.say(Say.ONB_CHARITY_NONE),))
    return Taken(after(talk.progress, Step.CHARITY, charity=option))


def _amount_tapped(talk: Talk, option: str, _words: str) -> Taken:
    if option not in {name for name, _title in question_of(talk, Step.AMOUNT).options}:  # it was offered in other money
        return Taken(talk.progress)
    return _gives(talk, int(option))


def _amount_told(talk: Talk, words: str) -> Taken | None:
    try:
        amount = parse_money(words, locale=talk.person.locale, currency=talk.person.currency)
    except (Unclear, ValueError):
        return None
    return (
        _gives(talk, amount.amount_minor)
        if amount.currency == talk.person.currency and amount.amount_minor > 0
        else None
    )


def _gives(talk: Talk, amount_minor: int) -> Taken:
    section, charity, currency = talk.desk.config.giving, talk.progress.charity, talk.person.currency
    if charity not in section.charities:  # the operator took it out meanwhile
        return Taken(after(talk.progress, Step.AMOUNT), (talk.say(Say.ONB_CHARITY_NONE),))
    payer = "employer" if people.load(talk.scope).track == COMPANY else "self"
    wallets.save(
        talk.scope,
        giving.wallet_of(section, charity, currency, amount_minor=amount_minor, payer=payer),
        now=talk.desk.now,
    )
    amount = format_money(Money(amount_minor, currency), talk.person.locale)
    said = talk.say(Say.ONB_AMOUNT_SET, amount=amount, charity=giving.name_of(charity, section.charities))
    return Taken(after(talk.progress, Step.AMOUNT), (said,))


# --- more slots --------------------------------------------------------------------------------------


def _slot_tapped(step: Step, *kinds: SlotKind) -> Callable[[Talk, str, str], Taken]:
    def take(talk: Talk, option: str, words: str) -> Taken:
        if option == NO:
            return Taken(after(talk.progress, step), (talk.say(Say.ONB_SLOT_NONE),))
        mode = Mode(people.load(talk.scope).mode)
        slots = [choose(talk, step, kind, by_of(mode, kind), words) for kind in kinds]
        return _slots_taken(talk, step, slots, mode)

    return take


def _slot_told(step: Step, *kinds: SlotKind) -> Callable[[Talk, str], Taken | None]:
    def take(talk: Talk, words: str) -> Taken | None:
        wish = contact_said.read_wish(words, talk.person.locale, evening=True)
        if not wish.at:
            return None
        possible, told = _possible(talk, wish.mode or Mode(people.load(talk.scope).mode))
        mode, slots = Mode(possible), list[Slot]()
        for kind in kinds:
            days = USUAL[kind].days if kind is SlotKind.MONTHLY else contact_said.days_of(kind, wish)
            slots.append(choose(talk, step, kind, by_of(mode, kind), words, at=wish.at, days=days))
        taken = _slots_taken(talk, step, slots, mode)
        return replace(taken, said=(*told, *taken.said))

    return take


def _slots_taken(talk: Talk, step: Step, slots: Sequence[Slot], mode: Mode) -> Taken:
    kept = talk.say(Say.ONB_SLOT_SET, when=in_words(talk, slots[0]))
    has_room = all(slot.by is by_of(mode, slot.kind) for slot in slots)
    return Taken(after(talk.progress, step), (kept,) if has_room else (kept, talk.say(Say.ONB_NO_MINUTES)))


def choose(talk: Talk, step: Step, kind: SlotKind, by: By, words: str, *, at: str = "", days: str = "") -> Slot:
    """Let a slot be as the person chose it, with their word for it."""
    agree(talk, step, PURPOSES[by], words)
    return put(talk, kind, by, at or USUAL[kind].at, days or USUAL[kind].days)


def put(talk: Talk, kind: SlotKind, by: By, at: str, days: str) -> Slot:
    """Keep a slot with the consent that stands for it; in writing where its calls would exceed the minutes there are."""
    consent_id = call_slots.consent_of(talk.scope, PURPOSES[by])
    slot = call_slots.set_slot(
        talk.scope,
        kind,
        by,
        at,
        days,
        consent_id=consent_id,
        nudge_minutes=nudges.call_minutes(talk.scope) if by is By.VOICE else 0,
        new_id=talk.desk.new_id,
        now=talk.desk.now,
    )
    return slot if by is By.TEXT or _has_room(talk) else put(talk, kind, By.TEXT, at, days)


def _has_room(talk: Talk) -> bool:
    caps, today = talk.desk.config.calls, local_date(talk.desk.now, talk.person.zone)
    return call_room.fits(talk.scope, today, person_month=caps.minutes_per_person_month, day=caps.minutes_per_day)


def in_words(talk: Talk, slot: Slot) -> str:
    """Say when a slot is: "every day, 7:00 am"."""
    wall, at = slot.wall or to_wall(talk.desk.now, talk.person.zone), slot.next_at or talk.desk.now + timedelta(days=1)
    return describe_when(When(wall, at, repeat=slot.cron), talk.person.locale)


_TAPS: dict[Step, Callable[[Talk, str, str], Taken]] = {
    Step.ZONE: _zone_tapped,
    Step.CONTACT: _contact_tapped,
    Step.HEALTH: _health_tapped,
    Step.TRACK: _track_tapped,
    Step.GOAL: _goal_tapped,
    Step.WEEK: _week_tapped,
    Step.WEEK_SURE: _week_sure_tapped,
    Step.CHARITY: _charity_tapped,
    Step.AMOUNT: _amount_tapped,
    Step.EVENING: _slot_tapped(Step.EVENING, SlotKind.EVENING),
    Step.WEEKLY: _slot_tapped(Step.WEEKLY, SlotKind.WEEKLY, SlotKind.MONTHLY),
}
_WORDS: dict[Step, Callable[[Talk, str], Taken | None]] = {
    Step.ZONE: _zone_told,
    Step.CONTACT: _contact_told,
    Step.PHONE: _phone_told,
    Step.GOAL: _goal_told,
    Step.WEEK: _week_told,
    Step.WEEK_SURE: _week_sure_told,
    Step.AMOUNT: _amount_told,
    Step.EVENING: _slot_told(Step.EVENING, SlotKind.EVENING),
    Step.WEEKLY: _slot_told(Step.WEEKLY, SlotKind.WEEKLY, SlotKind.MONTHLY),
}
