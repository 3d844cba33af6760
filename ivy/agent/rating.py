"""How much Ivy helps, from 1 to 5: asked seldom, right after a kept plan, never after bad news.

May import: the store and below. A list of five rows: WhatsApp shows three buttons at most. Who gives one or two is asked
what went wrong, and a human reads it.
"""

from datetime import datetime, time, timedelta

from ivy import log
from ivy.agent import checkins, questions
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain import rating
from ivy.domain.rating import LOW, Moment
from ivy.domain.sentences import Say, say
from ivy.domain.windows import QuietHours, quiet_until, window_open
from ivy.store import feedback, messages, outbox, pending_actions, ratings, switches, unasked, windows
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope

logger = log.get(__name__)
QUESTION, WHY = "rating", "rating_why"
LASTS = timedelta(days=2)
PATIENCE = timedelta(minutes=5)
"""Later it is not right after something good any more."""
JUST_NOW = timedelta(seconds=1)
"""A plan kept in this very commit."""
CHAT = "whatsapp"
_STARS = (Say.RATING_1, Say.RATING_2, Say.RATING_3, Say.RATING_4, Say.RATING_5)


def after_answer(scope: Scope, person: Person, desk: Desk, *, within: timedelta = JUST_NOW) -> bool:
    """Ask after an answer of ours if they kept a plan `within` this time, and nothing speaks against it; return whether."""
    kept_at = ratings.kept_at(scope) if desk.channel == CHAT else None
    if kept_at is None or desk.now - kept_at > within:  # most answers end here, without another look
        return False
    last = ratings.last_said(scope)
    if last is None:
        return False
    if reason := rating.why_not(_moment(scope, person, kept_at, desk)):
        logger.info("%s is not asked for a rating: %s", scope.user_id, reason)
        return False
    options = tuple((str(stars), say(title, person.speech)) for stars, title in enumerate(_STARS, 1))
    asking = Asking(QUESTION, say(Say.RATING_QUESTION, person.speech), options, LASTS, {})
    pending, content = questions.put(scope, person, asking, desk)
    ratings.ask(scope, pending.id, *last, now=desk.now)
    desk.send(scope, content, action_id=pending.id, asked_for=False, patience=PATIENCE)
    return True


def _moment(scope: Scope, person: Person, kept_at: datetime, desk: Desk) -> Moment:
    now = desk.now
    quiet = QuietHours(time.fromisoformat(person.quiet_from), time.fromisoformat(person.quiet_to))
    return Moment(
        now,
        ratings.known_since(scope),
        kept_at,
        ratings.asked_at(scope),
        ratings.bad_news(scope, now=now),
        ratings.others_open(scope, now=now),
        window_open(windows.expires_at(scope, CHAT), now),
        checkins.may_begin(person, now) and switches.value(scope.connection, "proactive") == "on",
        quiet_until(quiet, person.zone, now) is not None,
        unasked.today(scope, person.zone, now),
        desk.config.routing.unasked_per_day,
    )


def answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Keep the stars; with one or two, ask what went wrong."""
    stars = int(option)
    ratings.give(scope, pending.id, stars, now=desk.now)
    if stars > LOW:
        desk.tell(scope, person, Say.RATING_THANKS)
        return True
    asking = Asking(WHY, say(Say.RATING_WHY, person.speech), (), LASTS, {"rating": pending.id})
    questions.ask(scope, person, asking, desk)
    return True


def why_heard(scope: Scope, person: Person, heard: Heard, desk: Desk) -> bool:
    """Keep the words that answer "what went wrong?"; return False if they do not: they quote it, or come right after it."""
    pending = pending_actions.open_one(scope, WHY, now=desk.now)
    if pending is None or not heard.words.strip():
        return False
    quotes = heard.quoted_id and outbox.question_of(scope, desk.channel, heard.quoted_id) == pending.id
    comes_next = not heard.quoted_id and messages.last_asked(scope) == pending.id
    if not (quotes or comes_next) or not pending_actions.settle_one(scope, pending.id, "words", now=desk.now):
        return False
    message_id, turn_id, stars = ratings.about(scope, str(pending.payload["rating"]))
    feedback.keep(
        scope,
        desk.new_id(),
        feedback.Kind.RATING,
        heard.words,
        heard.message_id,
        message_id=message_id,
        turn_id=turn_id,
        stars=stars,
        now=desk.now,
    )
    desk.tell(scope, person, Say.FEEDBACK_KEPT)
    return True
