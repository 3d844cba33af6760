"""Sends the letters of a bundle back to work: one alone under its old key, several as one message.

May import: the agent and below.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ivy import log
from ivy.agent.waking import wakes
from ivy.clock import stamp
from ivy.daemon.context import Context
from ivy.domain.contents import AnyContent, Words
from ivy.domain.jobs import CALL_CHECK, REMEMBER, SEND
from ivy.domain.replay import fate, in_words
from ivy.domain.replay_plan import join
from ivy.domain.routing import CALL, For
from ivy.domain.sentences import Say, say
from ivy.ports import Address
from ivy.store import dead_letters, jobs, outbox, people, replay_audit, replay_running
from ivy.store.binding import Connection
from ivy.store.dead_letters import Letter
from ivy.store.outbox import NewMessage, Outgoing
from ivy.store.people import Person
from ivy.store.replay_plans import Line, Plan
from ivy.store.scope import Scope, within

logger = log.get(__name__)
WRITTEN = "whatsapp"
"""Where that is written which was to be read out by phone."""
FOR_THE_ANSWER = timedelta(minutes=10)
"""How long a message waits for the answer that is to say it, too."""
ASKS_AFTERWARDS = (REMEMBER.name, CALL_CHECK.name)
"""Silent work that may end in a question, or in a word about a call."""
CHANGED = "it was replayed meanwhile, and died again"
NO_LETTER = "it is no dead letter any more"


def content_of(scope: Scope, message: Outgoing) -> AnyContent:
    """Return what a message says; of one for the phone, what it said before it was made fit to be read out."""
    return outbox.origin(scope, message).content if message.channel == CALL else message.content


def whole(scope: Scope, person: Person, messages: Sequence[Outgoing], plan_id: str, message_id: str) -> Outgoing:
    """Return the one message of a bundle: a single one is itself, several are a new one."""
    last = messages[-1]
    if len(messages) == 1 and last.channel != CALL:
        return replace(last, replayed_by=plan_id)
    contents = [content_of(scope, message) for message in messages]
    content, can_be_tapped = join(contents, say(Say.SAID_TOGETHER, person.speech))
    if len(messages) == 1:
        content, can_be_tapped = Words(contents[0].in_words()), False
    channels = {message.channel for message in messages} - {CALL}
    asked_for = any(message.asked_for for message in messages)
    is_alone = len(messages) == 1
    return replace(
        last,
        id=message_id,
        channel=channels.pop() if len(channels) == 1 else WRITTEN,
        content=content,
        purpose=last.purpose if is_alone or not asked_for else For.REPLY,
        quoted_id="",
        state="queued",
        asked_for=asked_for,
        recipient=Address(),
        resends=0,
        external_id=None,
        template=last.template if is_alone else None,
        action_id=last.action_id if can_be_tapped else "",
        instead_of="",
        turn_id=last.turn_id if is_alone else None,
        sent_at=None,
        replayed_by=plan_id,
    )


def may_be_heard(line: Line) -> bool:
    """Say whether something may be said to somebody because of a line; some silent work ends in a question."""
    return line.user_id is not None and (line.speaks or line.kind in ASKS_AFTERWARDS)


def _due(connection: Connection, lines: Sequence[Line], now: datetime) -> datetime:
    """Return when a bundle runs: as planned, and not in their night, however late the plan itself runs."""
    at = max([now, *(line.run_at for line in lines if line.run_at is not None)])
    user_id = lines[0].user_id
    if user_id is None or not any(map(may_be_heard, lines)):
        return at
    return wakes(people.load(within(connection, user_id)), at)


def release(connection: Connection, plan: Plan, lines: Sequence[Line], context: Context) -> None:
    """Send the letters of one bundle back to work, those that are still as the plan saw them."""
    now = context.clock.now()
    found = dead_letters.still_dead(connection, [line.job_id for line in lines], now=now)
    live: list[tuple[Line, Letter]] = []
    run_at = _due(connection, lines, now)
    for line in lines:
        letter = found.get(line.job_id)
        if changed := _changed(line, letter, run_at):
            logger.warning("plan %s: letter %s is left out: %s", plan.id, line.job_id, changed)
            replay_running.mark(connection, plan.id, [line.place], "stale", now=now, note=changed)
            replay_audit.skipped(connection, plan, line, changed, now=now)
        elif letter is not None:
            live.append((line, letter))
    if not live:
        return
    letters = [letter for _, letter in live]
    message_id = _send_back(connection, letters, plan, run_at, context)
    for line, letter in live:
        carrier = message_id if letter.kind == SEND.name else None
        replay_running.mark(connection, plan.id, [line.place], "released", now=now, message_id=carrier)
        replay_audit.released(connection, plan, line, run_at=run_at, message_id=carrier or "", now=now)


def _changed(line: Line, letter: Letter | None, now: datetime) -> str:
    """Say how a letter differs from what the plan saw; "" if it does not."""
    if letter is None:
        return NO_LETTER
    if (stamp(letter.died_at), letter.replays) != (stamp(line.died_at), line.replays):
        return CHANGED
    runs_as = fate(letter.circumstances, max(now, line.run_at or now))
    return "" if runs_as.runs else in_words(runs_as, letter.kind)


def _send_back(
    connection: Connection, letters: Sequence[Letter], plan: Plan, run_at: datetime, context: Context
) -> str | None:
    """Revive a letter, or make one message of several; return the message's id, if there is one.

    Beside a turn the message waits for a while: the answer takes it in, or it goes by itself.
    """
    now = context.clock.now()
    said = [letter for letter in letters if letter.kind == SEND.name]
    work = [letter for letter in letters if letter.kind != SEND.name]
    for letter in work:
        _revive(connection, letter, run_at, now)
    if not said:
        return None
    messages = [outbox.outgoing(connection, letter.message_id) for letter in said]
    at = run_at + FOR_THE_ANSWER if work else run_at
    if len(said) > 1 or messages[0].channel == CALL:
        return _say_together(connection, said, messages, plan, at, context)
    _revive(connection, said[0], at, now)
    replay_running.came_late(connection, messages[0].id, plan.id)
    return messages[0].id


def _revive(connection: Connection, letter: Letter, run_at: datetime, now: datetime) -> None:
    jobs.revive(connection, letter.id, now=now)
    if run_at > now:
        jobs.move(connection, letter.key, run_at=run_at)
    if letter.circumstances.good_until is not None:  # what lapses soon lapses no later for a replay
        jobs.shorten(connection, letter.id, deadline=letter.circumstances.good_until)


def _say_together(
    connection: Connection,
    letters: Sequence[Letter],
    messages: Sequence[Outgoing],
    plan: Plan,
    run_at: datetime,
    context: Context,
) -> str:
    """Queue one message with the words of several, in whose place it stands: those are never sent."""
    now, user_id = context.clock.now(), str(letters[0].user_id)
    scope = within(connection, user_id)
    one = whole(scope, people.load(scope), messages, plan.id, context.new_id())
    new = NewMessage(
        id=one.id,
        job_id=context.new_id(),
        user_id=user_id,
        channel=one.channel,
        content=one.content,
        recipient=one.recipient,
        trace_id=one.trace_id,
        turn_id=one.turn_id,
        asked_for=one.asked_for,
        patience=SEND.patience + max(timedelta(0), run_at - now),
        purpose=one.purpose,
        action_id=one.action_id,
        template=one.template,
        replayed_by=plan.id,
    )
    outbox.queue(connection, new, now=now)
    key = outbox.send_key(one.id)
    dead_letters.take_over(connection, key, letters[-1].id)
    if run_at > now:
        jobs.move(connection, key, run_at=run_at)
    for letter, message in zip(letters, messages, strict=True):
        jobs.discard(connection, letter.id, f"replayed: its words are in message {one.id}", now=now)
        outbox.set_state(connection, message.id, "cancelled", now=now, reason=f"said in message {one.id}")
    return one.id
