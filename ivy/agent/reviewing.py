"""The week and the month looked back on, in writing: scores, sessions, what has changed. May import: the store and below.

Begun by `checkins.py`; what a tap or words answer is kept here, and how they feel only with their consent.
"""

from datetime import date, timedelta

from ivy.agent import questions
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain.consent import Purpose
from ivy.domain.easing import Part
from ivy.domain.life_tags import tags_of
from ivy.domain.schedule import local_date
from ivy.domain.sentences import Say, say
from ivy.store import consents, easings, messages, outbox, pending_actions, scores, weekly_numbers
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.store.scores import Marker, Score

SCORE, SESSIONS, LIFE, PLAIN = "checkin_score", "checkin_sessions", "checkin_life", "checkin"
OPEN = "open"
"""The button of a template that only announces the question: the tap asks it."""
LASTS = timedelta(hours=14)
LIFE_LASTS = timedelta(days=2)
MOST_SESSIONS = 7
LONGEST_MARKER = 500
_ASKS = {"energy": Say.SCORE_ENERGY, "mood": Say.SCORE_MOOD, "confidence": Say.SCORE_CONFIDENCE}


def of_day(key: str, day: date) -> dict[str, str]:
    """Return what a question of a check-in remembers: which check-in, and of which local day."""
    return {"checkin": key, "day": day.isoformat()}


def _may_keep_health(scope: Scope) -> bool:
    """Say whether the person agreed that what they tell of how they feel is kept."""
    return Purpose.HEALTH in consents.current(scope)


# --- the week --------------------------------------------------------------------------------------


def week_question(scope: Scope, person: Person, key: str, day: date) -> Asking:
    """Return the first question of the week: a score if scores may be kept, else how many sessions it is to have."""
    if _may_keep_health(scope):
        return _score_question(person, key, day, scores.MEASURES[0])
    return _sessions_question(person, key, day)


def _score_question(person: Person, key: str, day: date, measure: str) -> Asking:
    options = tuple((str(score), str(score)) for score in range(scores.LOWEST, scores.HIGHEST + 1))
    payload = {**of_day(key, day), "measure": measure}
    return Asking(SCORE, say(_ASKS[measure], person.speech), options, LASTS, payload)


def _sessions_question(person: Person, key: str, day: date) -> Asking:
    options = tuple((str(count), str(count)) for count in range(MOST_SESSIONS + 1))
    return Asking(SESSIONS, say(Say.WEEK_SESSIONS, person.speech), options, LASTS, of_day(key, day))


def score_answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Keep a score, and ask for the next (from a template: the first); after the last, how many sessions next week is to have."""
    day, measure = date.fromisoformat(str(pending.payload["day"])), str(pending.payload["measure"])
    if option == OPEN:
        questions.ask(scope, person, _score_question(person, str(pending.payload["checkin"]), day, measure), desk)
        return True
    scores.record(scope, Score(day, measure, int(option), "button"), score_id=desk.new_id(), now=desk.now)
    key, left = str(pending.payload["checkin"]), scores.MEASURES[scores.MEASURES.index(measure) + 1 :]
    following = _score_question(person, key, day, left[0]) if left else _sessions_question(person, key, day)
    questions.ask(scope, person, following, desk)
    return True


def sessions_answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Keep how many sessions they mean to have; the days and times are told in words, and a turn plans them."""
    if option == OPEN:
        day = date.fromisoformat(str(pending.payload["day"]))
        questions.ask(scope, person, _sessions_question(person, str(pending.payload["checkin"]), day), desk)
        return True
    weekly_numbers.mean_to_have(scope, int(option))
    easings.call_off(scope, {Part.SESSIONS}, now=desk.now)  # this is the planning that it waited for
    if int(option):
        desk.tell(scope, person, Say.WEEK_SET, sessions=int(option))
    else:
        desk.tell(scope, person, Say.WEEK_FREE)
    return True


# --- the month -------------------------------------------------------------------------------------


def life_question(scope: Scope, person: Person, key: str, day: date) -> Asking:
    """Return the question of the month, which is answered in words."""
    kind = LIFE if _may_keep_health(scope) else PLAIN  # asked as friends do, but nothing of it is kept
    return Asking(kind, say(Say.LIFE_QUESTION, person.speech), (), LIFE_LASTS, of_day(key, day))


def note_life(scope: Scope, person: Person, heard: Heard, desk: Desk) -> bool:
    """Keep the words that answer the monthly question, under what they speak of; a turn answers them in any case.

    They answer it if they quote it, or come right after it and name one of its things. Return whether they did.
    """
    pending = pending_actions.open_one(scope, LIFE, now=desk.now)
    if pending is None:
        return False
    quotes = heard.quoted_id and outbox.question_of(scope, desk.channel, heard.quoted_id) == pending.id
    tags = tags_of(heard.words) or (("other",) if quotes else ())
    if not tags or not (quotes or messages.last_asked(scope) == pending.id):
        return False
    if not pending_actions.settle_one(scope, pending.id, "words", now=desk.now):
        return False
    words, day = " ".join(heard.words.split())[:LONGEST_MARKER], local_date(desk.now, person.zone)
    for tag in tags:
        scores.note(scope, Marker(day, tag, words), marker_id=desk.new_id(), now=desk.now)
    return True


ANSWERS = {SCORE: score_answered, SESSIONS: sessions_answered}
"""For `agent/answers.py`."""
