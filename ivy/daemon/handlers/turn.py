"""Answers a person: runs their turn, shows that Ivy is typing, and commits one reply. May import: the agent and below."""

from datetime import datetime, timedelta

import outcome
import trio

from ivy import log
from ivy.agent import (
    catching_up,
    choosing,
    confirming,
    documents,
    next_turn,
    outgoing,
    rating,
    remembering,
    tapering,
    topic_offer,
)
from ivy.agent.acting import with_minutes
from ivy.agent.desk import Desk
from ivy.agent.documents import Paper
from ivy.agent.router import AllModelsDown
from ivy.agent.turn import Reply
from ivy.daemon.context import Context, Dropped, Later, Outcome
from ivy.domain.rating import GOOD_FOR
from ivy.domain.sentences import Say
from ivy.errors import VendorError
from ivy.store import media, messages, people, spending, switches, turns
from ivy.store.binding import Connection
from ivy.store.jobs import Job
from ivy.store.scope import PersonStore, Scope, for_user, within
from ivy.tools.registry import TurnContext

logger = log.get(__name__)
SIGNS = ("typing", "read_receipts")
"""Switches that hide it: the sign of typing also says that the message was read."""
FILES_AWAITED = timedelta(seconds=15)
"""How long after it came a voice note or a picture keeps the turn waiting: what was sent together is answered together."""
LOOK_AGAIN = timedelta(seconds=0.5)


async def handle(job: Job, context: Context) -> Outcome:
    """Bring one turn to its end. With every model down the person is told once, and the turn waits."""
    if job.user_id is None:
        raise ValueError("a turn without a person")
    store = for_user(context.store, job.user_id)
    if await store.read(_waits_for_files, job.key, context.clock.now() - FILES_AWAITED):
        return Later(context.clock.now() + LOOK_AGAIN)
    person = await store.read(people.load)
    if person.handed_over_at is not None:  # all they wrote is the human's; a replayed turn comes here all the same
        return Dropped("A human answers them.")
    channel = str(job.payload["channel"])
    turn = TurnContext(
        person,
        context.clock.now(),
        context.new_id,
        job.trace_id,
        giving=context.config.giving,
        experiments=context.config.experiments,
        caps=spending.caps_of(context.config.spend),
        recall=context.recall(store, job.trace_id),
        scope=context.config.people.scope_sentence,
    )
    turn = with_minutes(turn, context.desk_at(channel, job.trace_id))
    try:
        reply = await _answer(job, store, turn, channel, context)
    except AllModelsDown:
        await context.store.write(_say_sorry, job, Say.MODELS_DOWN, context.desk(job))
        raise
    paper = None
    if not reply.already_done:
        paper = await documents.prepare(store, reply.turn_id, context.files, context.desk(job))
    return lambda connection: finish(connection, job, reply, paper, context.desk(job))


def _waits_for_files(scope: Scope, key: str, since: datetime) -> bool:
    """Say whether a turn that has not begun had better wait for a file that was sent beside its words."""
    return turns.of_key(scope, key) is None and media.is_coming(scope, since=since)


def finish(connection: Connection, job: Job, reply: Reply, paper: Paper | None, desk: Desk) -> None:
    """Queue the reply and close the turn; words that came too late for it get a turn of their own."""
    scope = within(connection, str(job.user_id))
    if not reply.already_done and turns.is_open(scope, reply.turn_id):
        person = people.load(scope)
        instead = outgoing.instead_in_danger(scope, person, reply.turn_id)
        if instead is not None:
            _end_in_danger(scope, reply, instead, person.care_since, desk)
            return
        text = outgoing.fit(scope, person, reply.text, desk)
        parts, action_id = choosing.compose(scope, person, reply.turn_id, text, desk)
        parts, action_id = topic_offer.attach(scope, person, reply.turn_id, parts, action_id, desk)
        parts, action_id = tapering.after_turn(scope, person, reply.turn_id, parts, action_id, desk)
        if paper is not None:
            parts = documents.attach(scope, parts, paper)
        parts, late = catching_up.take_in(scope, parts, desk)
        *before, last = parts or [""]
        ids = desk.send(scope, *before, turn_id=reply.turn_id)
        if last:
            ids += desk.send(scope, last, turn_id=reply.turn_id, action_id=action_id)
        if late:
            catching_up.taken(scope, late, ids[0], desk)
        ended = {"text": reply.text, "ending": reply.ending, "fitted": text, "messages": ids, "file": paper is not None}
        turns.append_last(scope, reply.turn_id, "reply", ended, now=desk.now)
        if paper is not None:
            documents.sent(scope, paper, parts, ids, desk)
        confirming.put(scope, person, reply.turn_id, desk)
        remembering.after_turn(scope, reply.turn_id, desk)
        rating.after_answer(scope, person, desk, within=GOOD_FOR)
        turns.close(scope, reply.turn_id, "done", now=desk.now)
    _go_on(scope, desk)


def _end_in_danger(scope: Scope, reply: Reply, instead: str, since: datetime | None, desk: Desk) -> None:
    """Close a turn without its reply, and without anything that would be asked or offered beside it."""
    ids = desk.send(scope, instead, turn_id=reply.turn_id) if instead else []
    ended = {
        "text": reply.text,
        "ending": reply.ending,
        "fitted": instead,
        "messages": ids,
        "file": False,
        "danger": True,
    }
    turns.append_last(scope, reply.turn_id, "reply", ended, now=desk.now)
    turns.close(scope, reply.turn_id, "done", now=desk.now)
    confirming.leave(scope, reply.turn_id, desk)
    if since is not None:
        turns.let_go(scope, reply.turn_id, since=since)
    _go_on(scope, desk)


def _go_on(scope: Scope, desk: Desk) -> None:
    """Let words that came too late for a turn have one of their own."""
    if left := messages.unanswered(scope):
        next_turn.enqueue_next_turn(scope, left[0]["id"], desk)


def _say_sorry(connection: Connection, job: Job, key: Say, desk: Desk) -> None:
    """Say one plain sentence in a turn's name, once however often it is tried."""
    scope = within(connection, str(job.user_id))
    turn_id = turns.of_key(scope, job.key)
    if turn_id is not None and turns.is_open(scope, turn_id) and not turns.has_spoken(scope, turn_id):
        desk.tell(scope, people.load(scope), key, turn_id=turn_id)


def buried(connection: Connection, job: Job, reason: str, desk: Desk) -> None:
    """A turn that is given up on says so to the person; support can replay it."""
    logger.info("turn %s is given up: %s", job.key, reason)
    _say_sorry(connection, job, Say.TURN_FAILED, desk)
    scope = within(connection, str(job.user_id))
    turn_id = turns.of_key(scope, job.key)
    if turn_id is not None and turns.is_open(scope, turn_id):
        turns.close(scope, turn_id, "failed", now=desk.now)
    _go_on(scope, desk)


async def _answer(job: Job, store: PersonStore, turn: TurnContext, channel: str, context: Context) -> Reply:
    """Run the turn; if it takes longer than a moment, show once that Ivy is typing."""
    async with trio.open_nursery() as nursery:
        if job.attempts == 0 and context.config.whatsapp.read_receipts:
            nursery.start_soon(_type_after_a_moment, store, channel, context)
        answer = await outcome.acapture(context.agent.answer, store, key=job.key, new_turn=turn)
        nursery.cancel_scope.cancel()
    return answer.unwrap()  # out here, so that an error is itself and no group of one


async def _type_after_a_moment(store: PersonStore, channel: str, context: Context) -> None:
    external_id = await store.read(messages.last_received, channel)
    await trio.sleep(context.config.whatsapp.typing_after_seconds)
    if external_id is None or "off" in [await context.store.read(switches.value, name) for name in SIGNS]:
        return
    try:
        await context.channels[channel].mark_read(external_id, typing=True)
    except VendorError as error:
        logger.info("no typing sign: %s", error)
