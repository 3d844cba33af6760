"""The turn that will answer: a new one, or the one that still waits for a quiet moment. May import: the store and below."""

from datetime import timedelta

from ivy.agent import waking
from ivy.agent.desk import Desk
from ivy.domain import turns
from ivy.domain.jobs import TURN, turn_lane
from ivy.store import jobs, people
from ivy.store.jobs import NewJob
from ivy.store.scope import Scope


def enqueue_turn(scope: Scope, message_id: str, desk: Desk) -> None:
    """See that a turn answers this message: a new one, or the one that still waits for a quiet moment."""
    lane = turn_lane(scope.user_id)
    settings = desk.config.turns
    quiet, longest = timedelta(seconds=settings.quiet_seconds), timedelta(seconds=settings.longest_quiet_seconds)
    waiting = jobs.open_in_lane(scope.connection, lane)
    if waiting is None:
        enqueue_next_turn(scope, message_id, desk)
    elif waiting.state == "ready" and waiting.attempts == 0:
        run_at = turns.run_at(waiting.created_at, desk.now, desk.now, quiet, longest)
        jobs.move(scope.connection, waiting.key, run_at=run_at)


def enqueue_next_turn(scope: Scope, message_id: str, desk: Desk) -> None:
    """Put in the turn that answers from this message on, after a moment of quiet, or a night that a replay fell into."""
    morning = waking.wakes(people.load(scope), desk.now) if desk.replayed else desk.now
    job = NewJob(
        id=desk.new_id(),
        kind=TURN,
        key=turns.turn_key(message_id),
        due_at=morning,
        payload={"channel": desk.channel},
        lane=turn_lane(scope.user_id),
        user_id=scope.user_id,
        trace_id=desk.trace_id,
    )
    jobs.enqueue(
        scope.connection, job, now=desk.now, run_at=morning + timedelta(seconds=desk.config.turns.quiet_seconds)
    )
