"""What a person says of themself is noticed when they say it: which messages are worth it, what is asked, what is kept.

May import: tools and below. A message without a word of anything that lasts is never read by a model, nor one that
somebody else wrote; what a model says of the others is kept only where it stands in them.
"""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from ivy import log
from ivy.agent import foreign, preferring, prompts
from ivy.agent.desk import Desk
from ivy.agent.questions import Heard
from ivy.clock import unstamp
from ivy.domain import birthdays, facts_said
from ivy.domain.consent import Purpose
from ivy.domain.facts import Claim, Kind, Source, claim_of
from ivy.domain.jobs import REMEMBER, remember_lane
from ivy.domain.schedule import local_date
from ivy.domain.sentences import Say
from ivy.errors import VendorRefused
from ivy.ports import ModelRequest, UserWords
from ivy.store import consents, facts, jobs, messages, pending_actions, people, switches, tool_executions
from ivy.store.binding import Row
from ivy.store.jobs import NewJob
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools.remembering import ALL

logger = log.get(__name__)
PROMPT = "remember.v1"
MOST = 12
"""Messages that are read at once."""
LONGEST = 600
"""Of one message, in characters."""
LONGEST_WAIT = 10
"""Times the quiet that is waited for: a talk that does not end is read in between."""
_DONE = frozenset({"remember", "correct", "forget", "change_style"})
"""A turn that used one of these has dealt with what the person said of themself."""


# --- after a turn ------------------------------------------------------------------------------------


def after_turn(scope: Scope, turn_id: str, desk: Desk) -> None:
    """Let what a turn read be looked at after a quiet moment, if it may say something; ask what is to be asked."""
    _ask(scope, desk)
    if not _may_notice(scope, desk) or _DONE & tool_executions.done_in(scope, turn_id):
        return
    own = [row for row in facts.own_words_of_turn(scope, turn_id) if not foreign.is_by_others(scope, row["id"])]
    worth = [row["id"] for row in own if facts_said.may_hold_something(row["body"])]
    if worth:
        facts.want_read(scope, worth, now=desk.now)
        _enqueue(scope, worth[0], desk)


def _may_notice(scope: Scope, desk: Desk) -> bool:
    """Say whether what is written may be read for facts: never what somebody writes who is in danger."""
    return (
        desk.config.facts.notice
        and switches.value(scope.connection, "memory") != "off"
        and not people.load(scope).is_cared_for
    )


def _ask(scope: Scope, desk: Desk) -> None:
    """Ask what a preference changes, unless something else was asked last: one question at a time."""
    last = messages.last_asked(scope)
    asked = pending_actions.load(scope, last) if last else None
    if asked is None or not asked.is_open(desk.now):
        preferring.ask_next(scope, people.load(scope), desk)


def _enqueue(scope: Scope, message_id: str, desk: Desk) -> None:
    """See that a job reads what waits: a new one, or the one that waits for quiet already."""
    lane, quiet = remember_lane(scope.user_id), timedelta(seconds=desk.config.facts.quiet_seconds)
    waiting = jobs.open_in_lane(scope.connection, lane)
    if waiting is not None and waiting.state == "ready" and waiting.attempts == 0:
        jobs.move(
            scope.connection, waiting.key, run_at=min(desk.now + quiet, waiting.created_at + LONGEST_WAIT * quiet)
        )
        return
    job = NewJob(
        id=desk.new_id(),
        kind=REMEMBER,
        key=f"remember:{message_id}",
        due_at=desk.now,
        payload={"channel": desk.channel},
        lane=lane,
        user_id=scope.user_id,
        trace_id=desk.trace_id,
    )
    jobs.enqueue(scope.connection, job, now=desk.now, run_at=desk.now + quiet)


# --- what a model notices ----------------------------------------------------------------------------


def sources(scope: Scope) -> list[Source]:
    """Return the messages that wait to be read, the oldest first."""
    return [_source(row) for row in facts.waiting(scope, limit=MOST)]


def _source(row: Row) -> Source:
    return Source(row["id"], row["body"], unstamp(row["at_ms"]))


def request_for(found: Sequence[Source], *, answer_tokens: int) -> ModelRequest:
    """Return what the model is asked: the messages by number, each on one line."""
    lines = [f"{number}. {' '.join(each.words.split())[:LONGEST]}" for number, each in enumerate(found, 1)]
    words = "\n".join(["<messages>", *(line.replace("<", "‹").replace(">", "›") for line in lines), "</messages>"])
    return ModelRequest(prompts.words(PROMPT), (UserWords(words),), max_tokens=answer_tokens)


class _Noticed(msgspec.Struct, frozen=True):
    message: int
    kind: str
    text: str
    quote: str
    subject: str = ""
    value: str = ""
    confidence: float = 0.0


class _Answer(msgspec.Struct, frozen=True):
    facts: list[msgspec.Raw]


def claims_in(answer: str, found: Sequence[Source]) -> list[Claim]:
    """Return what a model's answer holds of what stands in the messages; one wrong entry costs only itself.

    Raises: VendorRefused if the answer is not what was asked for.
    """
    try:
        listed = msgspec.json.decode(_bare(answer), type=_Answer).facts
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise VendorRefused("models", f"what was noticed cannot be read ({error})") from error
    return [claim for entry in listed if (claim := _claim(entry, found)) is not None]


def _bare(answer: str) -> str:
    """Return the JSON of an answer that may stand in a code fence all the same."""
    return answer[answer.find("{") : answer.rfind("}") + 1]


def _claim(entry: msgspec.Raw, found: Sequence[Source]) -> Claim | None:
    try:
        noticed = msgspec.json.decode(entry, type=_Noticed)
    except msgspec.DecodeError as error:
        logger.info("something noticed is not of its form, and is left out: %s", error)
        return None
    if not 1 <= noticed.message <= len(found):
        return None
    return claim_of(
        found[noticed.message - 1],
        kind=noticed.kind,
        subject=noticed.subject,
        value=noticed.value,
        text=noticed.text,
        quote=noticed.quote,
        confidence=noticed.confidence,
    )


def keep(scope: Scope, found: Sequence[Source], claims: Sequence[Claim], desk: Desk) -> None:
    """Keep what was noticed, unless its message is to be forgotten since; then ask what changes how Ivy behaves.

    Nothing about their health is noticed without their consent to that; what they ask to be remembered is. Of a birthday
    only the day and the month are.
    """
    unheard, person = facts.unheard(scope), people.load(scope)
    about_health = not person.is_cared_for and Purpose.HEALTH in consents.current(scope)
    for claim in claims:
        if claim.message_id not in unheard and (about_health or claim.kind is not Kind.CONSTRAINT):
            plain = birthdays.plain(claim, person.locale, local_date(claim.said_at, person.zone))
            if plain is not None:
                facts.say(scope, plain, new_id=desk.new_id(), now=desk.now)
    facts.settle(scope, [each.message_id for each in found], read=True)
    _ask(scope, desk)


# --- forgetting --------------------------------------------------------------------------------------


def which_answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """A tap on which of several is to be forgotten, or all of them."""
    listed = [str(each) for each in pending.payload["facts"]]
    for fact_id in listed if option == ALL else [option]:
        fact = facts.load(scope, fact_id)
        if fact is not None and fact.text:
            facts.forget(scope, fact, now=desk.now)
    desk.tell(scope, person, Say.FACT_FORGOTTEN)
    return True
