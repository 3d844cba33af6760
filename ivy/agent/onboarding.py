"""Getting to know somebody in chat: a welcome, at most a few questions to the first booked contact, one a day after that.

May import: the store and below. No model is called. Nothing blocks: words that answer nothing go to a turn, and the question
comes back later, a few times at most.
"""

from dataclasses import replace
from datetime import timedelta

from ivy import log
from ivy.agent import addressing, chats, counting, nudging, questions, routes
from ivy.agent import onboarding_taking as taking
from ivy.agent.counting import WHICH_MONEY
from ivy.agent.desk import Desk
from ivy.agent.onboarding_asking import CHAT, HELLO, HELLO_LASTS, NO, NOW, QUESTION, Talk, asking_of, question_of
from ivy.agent.onboarding_taking import Taken
from ivy.agent.questions import Asking, Heard
from ivy.domain import onboarding, places, topics
from ivy.domain.consent import Purpose
from ivy.domain.contents import AskContact, Card
from ivy.domain.onboarding import BOOKING, FOLLOWS, MOST_ASKED, MOST_MISSED, Progress, Step
from ivy.domain.phones import region_of
from ivy.domain.schedule import local_date
from ivy.domain.sentences import Say
from ivy.domain.slots import By, Mode, SlotKind, by_of
from ivy.domain.when import describe_day
from ivy.store import call_slots, consents, messages, onboardings, outbox, pending_actions, people, wallets
from ivy.store import onboarding as entry
from ivy.store.call_slots import Slot
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.topics import Wish

logger = log.get(__name__)
FIRST_AGAIN = timedelta(hours=20)
"""While the window is open that their message opened."""
AFTER_CONTACT = timedelta(minutes=20)
"""When the day's question comes, once their contact of the morning is over."""
AFTER_TALK = timedelta(minutes=10)
IN_A_TALK = timedelta(minutes=5)
DAILY = timedelta(days=1)
MOST_DAYS = 2
"""How often a question that can wait is asked; then it is let go."""
PATIENCE = timedelta(hours=6)


def begin(scope: Scope, person: Person, words: str, desk: Desk, *, invited: bool) -> None:
    """Welcome somebody who was just let in and ask the first question, in one message; `words` are theirs.

    An invite says who pays and where they live; what an operator told already is not asked again.
    """
    address = people.address(scope, desk.channel)
    phone = person.phone or address.phone
    language = onboarding.language_of(words) or ("es" if phone.startswith(SPANISH_SPEAKING) else "")
    if language and person.language != language and not invited:
        people.set_locale(scope, f"{language}-{region_of(phone) or 'CO'}")
    addressing.first_words(scope, words)
    if not consents.was_asked(scope, Purpose.MESSAGES):
        consents.record(scope, Purpose.MESSAGES, granted=True, proof=desk.proof(words), now=desk.now)
    zones = (person.zone,) if invited else places.zones_of_phone(phone) or places.zones_of_id(address.external_id)
    onboardings.begin(scope, _known(scope, person, Progress(zones=zones), desk, invited=invited), now=desk.now)
    talk = _talk(scope, desk)
    if talk is not None:
        welcome = f"{talk.say(Say.INVITE_ACCEPTED, name=talk.person.name)} {talk.say(Say.ONB_NAME)}"
        _go_on(talk, [welcome], more=True)


def _known(scope: Scope, person: Person, progress: Progress, desk: Desk, *, invited: bool) -> Progress:
    """Return the progress with the steps behind it that an operator, or an earlier talk, has answered."""
    slots = {slot.kind for slot in call_slots.of(scope)}
    behind = {
        Step.TRACK: invited,
        Step.CHARITY: not desk.config.giving.charities or wallets.load(scope) is not None,
        Step.GOAL: bool(person.goal),
        Step.HEALTH: consents.was_asked(scope, Purpose.HEALTH),
        Step.EVENING: SlotKind.EVENING in slots,
        Step.WEEKLY: SlotKind.WEEKLY in slots,
        **dict.fromkeys(BOOKING, SlotKind.MORNING in slots),
    }
    done = tuple(step for step in Step if behind.get(step))
    return onboarding.learnt(progress, done=done, booked=SlotKind.MORNING in slots)


def heard(scope: Scope, person: Person, heard: Heard, desk: Desk) -> bool:
    """Take words as an answer to the open step, or as a wish to go on; return False if they are neither."""
    if person.is_cared_for:  # goals, weeks and gifts are asked about once a human has looked
        return False
    talk = _talk(scope, desk)
    if talk is None:
        return _begins_late(scope, person, heard.words, desk)
    if person.status == "stopped" or person.handed_over_at is not None:
        return False
    if onboarding.wants_on(heard.words) or (not talk.progress.booked and onboarding.is_greeting(heard.words)):
        _go_on(talk, [], more=True)
        return True
    pending = pending_actions.open_one(scope, QUESTION, now=desk.now)
    if pending is None or not _stands_last(scope, pending, heard, desk):
        return False
    return _answers(talk, str(pending.payload["step"]), heard.words)


def _answers(talk: Talk, name: str, words: str) -> bool:
    if called := onboarding.read_name(words):
        return _rename(talk, name, called)
    if name == HELLO:
        return False
    if name == WHICH_MONEY:
        _come_back(talk, AFTER_TALK)
        return False
    if onboarding.wants_later(words):
        talk.desk.tell(talk.scope, talk.person, Say.ONB_LATER)
        _plan(talk)
        return True
    step = Step(name)
    if (taken := taking.told(talk, step, words)) is not None:
        _take(talk, step, taken)
        return True
    if onboarding.looks_like_try(step, words) and talk.progress.missed < MOST_MISSED:
        _put(replace(talk, progress=onboarding.missed(talk.progress)), step, [])
        return True
    _come_back(talk, AFTER_TALK)
    return False


def answered(scope: Scope, person: Person, pending: Pending, option: str, heard: Heard, desk: Desk) -> bool:
    """A tap on an option of a step, or its words."""
    if person.status == "stopped":  # nothing would come of it: they hear the way back
        desk.tell(scope, person, Say.STOPPED)
        return True
    name = str(pending.payload["step"])
    if name == HELLO:
        return _hello_answered(scope, person, option, desk)
    talk = _talk(scope, desk)
    if talk is None:
        desk.tell(scope, person, Say.TAP_OVER)
        return True
    if name == WHICH_MONEY:
        return _money_answered(talk, option)
    _take(talk, Step(name), taking.tapped(talk, Step(name), option, heard.words))
    return True


def number_known(scope: Scope, desk: Desk) -> bool:
    """Go on once somebody shared their number; return False if nothing waited for it."""
    talk = _talk(scope, desk)
    if talk is None or talk.progress.booked or not onboarding.can_book(talk.progress, has_phone=True):
        return False
    pending_actions.settle(scope, QUESTION, now=desk.now)
    _go_on(talk, [], more=False)
    return True


def resume(scope: Scope, desk: Desk) -> None:
    """Ask the question of the day, or one that was left open: for the NUDGE whose ref begins with `onboardings.NUDGED`."""
    talk = _talk(scope, chats.where_heard(scope, desk))
    if talk is None or talk.person.status == "stopped":
        return
    talk = _let_go(talk)
    step = _next(talk)
    if step is None:
        onboardings.finish(scope, now=desk.now)
        return
    heard_at = messages.last_heard_at(scope)
    if heard_at is not None and desk.now - heard_at < IN_A_TALK:
        _come_back(talk, AFTER_TALK)
    elif step in BOOKING and talk.progress.times_asked(step) >= MOST_ASKED:
        logger.info("%s has not said %s: Ivy waits to be told", scope.user_id, step.value)
    elif _is_quiet(talk) or _is_decided(talk, step):
        _come_back(talk, DAILY)
    else:
        _put(talk, step, [], unasked=True)


def _is_quiet(talk: Talk) -> bool:
    """Say whether nothing may be begun now: they are paused, a human talks with them, or their window is shut."""
    person = talk.person
    return person.status != "active" or person.coach_is_quiet or chats.where_open(talk.scope, talk.desk) is None


def _is_decided(talk: Talk, step: Step) -> bool:
    """Say whether nothing is left to ask: that it will be texts is said when they write, and never begun with."""
    return step is Step.PHONE and not talk.may_call


def _let_go(talk: Talk) -> Talk:
    """Return the talk without questions that can wait and were asked often enough."""
    while (step := _next(talk)) is not None and step not in BOOKING and talk.progress.times_asked(step) >= MOST_DAYS:
        talk = replace(talk, progress=onboarding.after(talk.progress, step))
    onboardings.save(talk.scope, "", talk.progress, now=talk.desk.now)
    return talk


# --- from step to step -------------------------------------------------------------------------------


def _take(talk: Talk, step: Step, taken: Taken) -> None:
    """Keep what was answered and go on."""
    pending_actions.settle(talk.scope, QUESTION, now=talk.desk.now)
    progress = talk.progress
    onboardings.save(talk.scope, step.value, taken.progress, now=talk.desk.now)
    went_on = len(taken.progress.done) > len(progress.done)
    after = _talk(talk.scope, talk.desk)
    if after is None:
        return
    if taken.asks_money and not after.person.is_cared_for and (asking := counting.which_money(after)):
        questions.ask(after.scope, after.person, asking, after.desk)
        _plan(after)
    else:
        _go_on(after, list(taken.said), more=not went_on or FOLLOWS.get(step) is _next(after))


def _go_on(talk: Talk, said: list[str], *, more: bool) -> None:
    """Ask for what the first contact needs, then book it; of the rest ask one thing, if `more`. In care it all waits."""
    if talk.person.is_cared_for:
        talk.desk.tell(talk.scope, talk.person, Say.ONB_NOTED)
        _come_back(talk, DAILY)
        return
    step = _next(talk)
    if step is not None and step in BOOKING:
        _put(talk, step, said)
    elif not talk.progress.booked:
        _book(talk, said)
    elif step is not None and more:
        _put(talk, step, said)
    else:
        if step is None:
            said.append(talk.say(Say.ONB_DONE))
            nudging.offer(talk.scope, talk.person, " ".join(said), talk.desk)
        else:
            talk.desk.write(talk.scope, " ".join(said))
        _plan(talk)


def _put(talk: Talk, step: Step, before: list[str], *, unasked: bool = False) -> None:
    """Ask a step's question, after the words that lead to it."""
    if step is Step.PHONE and not talk.may_call:
        taken = taking.in_writing(talk)
        _take(talk, step, replace(taken, said=(*before, *taken.said)))
        return
    asking = asking_of(step, question_of(talk, step), " ".join(before))
    pending, content = questions.put(talk.scope, talk.person, asking, talk.desk)
    if step is Step.PHONE and talk.desk.channel == CHAT:
        content = AskContact(asking.text)
    talk.desk.send(
        talk.scope, content, action_id=pending.id, asked_for=not unasked, patience=PATIENCE if unasked else None
    )
    talk = replace(talk, progress=onboarding.counted(talk.progress, step))
    onboardings.save(talk.scope, step.value, talk.progress, now=talk.desk.now)
    _plan(talk)


def _book(talk: Talk, said: list[str]) -> None:
    """Put in the first slot, say when it is, and offer half a minute to get to know the voice."""
    desk, scope, progress = talk.desk, talk.scope, talk.progress
    mode = Mode(progress.mode)
    if mode is not Mode.TEXT and not _can_phone(talk):
        mode = Mode.TEXT
        people.set_mode(scope, mode.value)
        said.append(talk.say(Say.ONB_UNREACHED))
    wanted = by_of(mode, SlotKind.MORNING)
    slot = taking.put(talk, SlotKind.MORNING, wanted, progress.at, progress.days)
    if slot.by is not wanted:
        said.append(talk.say(Say.ONB_NO_MINUTES))
    entry.close_days(scope, new_id=desk.new_id, now=desk.now)
    knows = _agree_to_summary(talk)
    progress = onboarding.learnt(progress, mode=mode.value, booked=True)
    onboardings.save(scope, "", progress, now=desk.now)
    said.append(_booked(talk, slot))
    if not knows:
        said.append(talk.say(Say.ONB_SUMMARY))
    if slot.by is By.TEXT:
        desk.write(scope, " ".join(said))
    else:
        number = desk.config.voice.number
        said += [talk.say(Say.ONB_SAVE, number=number), talk.say(Say.ONB_VOICE)]
        options = ((NOW, talk.say(Say.OPTION_CALL_NOW)), (NO, talk.say(Say.ONB_NOT_NOW)))
        asking = Asking(QUESTION, " ".join(said), options, HELLO_LASTS, {"step": HELLO}, up=NOW, down=NO)
        questions.ask(scope, talk.person, asking, desk)
        desk.send(scope, Card("Ivy", number))
    _plan(replace(talk, progress=progress))


def _agree_to_summary(talk: Talk) -> bool:
    """Let their weeks be summed up if the question that they answered said so, and they did not leave it out.

    Return whether they know of it; who told their time before they were asked was not told.
    """
    progress, desk = talk.progress, talk.desk
    if progress.summed_up and not topics.declines_summary(progress.words):
        proof = f"{progress.words} (asked: {question_of(talk, Step.CONTACT).text})"
        entry.agree_to_summary(talk.scope, Wish(proof, "onboarding", desk.now), new_id=desk.new_id)
    return progress.summed_up


def _booked(talk: Talk, slot: Slot) -> str:
    key = Say.ONB_BOOKED_CALL if slot.by is By.VOICE else Say.ONB_BOOKED_TEXT
    today, wall = local_date(talk.desk.now, talk.person.zone), slot.wall
    assert wall is not None  # noqa: S101 - it was put in a moment ago
    away = (wall.date() - today).days
    near = {0: ("today", "hoy"), 1: ("tomorrow", "mañana")}.get(away)
    day = near[talk.person.language == "es"] if near else describe_day(wall.date(), talk.person.locale)
    return talk.say(key, day=day, time=talk.clock(slot.at))


def _can_phone(talk: Talk) -> bool:
    """Say whether our number gets to theirs, and keep theirs as what is dialled."""
    number = talk.number
    if not number or not routes.gets_to(talk.desk.config.voice, number):
        return False
    return talk.person.phone is not None or people.set_phone(talk.scope, number)


# --- when it comes back ------------------------------------------------------------------------------


def _plan(talk: Talk) -> None:
    """See that what is left is asked: soon before anything is booked, then once a day after their contact."""
    if _next(talk) is None and talk.progress.booked:
        onboardings.finish(talk.scope, now=talk.desk.now)
        return
    slot = call_slots.of_kind(talk.scope, SlotKind.MORNING) if talk.progress.booked else None
    next_at = slot.next_at if slot is not None else None
    _come_back(talk, FIRST_AGAIN if next_at is None else next_at + AFTER_CONTACT - talk.desk.now)


def _come_back(talk: Talk, span: timedelta) -> None:
    now = talk.desk.now
    onboardings.come_back(talk.scope, now + span, talk.person.zone, new_id=talk.desk.new_id, now=now)


# --- small things ------------------------------------------------------------------------------------


def _talk(scope: Scope, desk: Desk) -> Talk | None:
    state = onboardings.unfinished(scope)
    return None if state is None else Talk(scope, people.load(scope), state.progress, desk)


def _next(talk: Talk) -> Step | None:
    return onboarding.next_step(talk.progress, has_phone=bool(talk.number))


def _stands_last(scope: Scope, pending: Pending, heard: Heard, desk: Desk) -> bool:
    """Say whether these words answer our question: they quote it, or nothing was said since."""
    quoted = heard.quoted_id
    return (outbox.question_of(scope, desk.channel, quoted) if quoted else messages.last_asked(scope)) == pending.id


def _begins_late(scope: Scope, person: Person, words: str, desk: Desk) -> bool:
    """Begin with somebody who was let in without being asked anything, when they ask for it."""
    if onboardings.load(scope) is not None or person.status != "active" or not onboarding.asks_to_begin(words):
        return False
    begin(scope, person, words, desk, invited=True)
    return True


def _rename(talk: Talk, name: str, called: str) -> bool:
    people.set_name(talk.scope, called)
    said = talk.say(Say.ONB_NAMED, name=called)
    if name in (HELLO, WHICH_MONEY):
        talk.desk.write(talk.scope, said)
    else:
        _put(talk, Step(name), [said])
    return True


def _money_answered(talk: Talk, option: str) -> bool:
    pending_actions.settle(talk.scope, QUESTION, now=talk.desk.now)
    said = counting.answered(talk, option)
    _go_on(replace(talk, person=people.load(talk.scope)), [said], more=True)
    return True


def _hello_answered(scope: Scope, person: Person, option: str, desk: Desk) -> bool:
    if option == NOW:
        from ivy.agent.call_asking import ask_for_call

        ask_for_call(scope, person, HELLO, desk)
        desk.tell(scope, person, Say.ONB_CALLING)
    else:
        desk.tell(scope, person, Say.ONB_NOTED)
    return True


SPANISH_SPEAKING = (
    "+34", "+51", "+52", "+53", "+54", "+56", "+57", "+58", "+502", "+503", "+504", "+505", "+506", "+507", "+591",
    "+593", "+595", "+598", "+1809", "+1829", "+1849",
)  # fmt: skip
