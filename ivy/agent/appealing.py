"""A miss that a person says is wrong: believed twice a month, then looked at by a human. May import: the store and below."""

from datetime import date

from ivy.agent.desk import Desk
from ivy.domain.advice import A_MONTH, Advice, Severity
from ivy.domain.runbook import AlertKind, Key
from ivy.domain.schedule import local_date
from ivy.domain.sentences import Say
from ivy.domain.streaks import Outcome
from ivy.domain.when import describe_day
from ivy.domain.windows import window_open
from ivy.store import alerts, feedback, ratings, streaks, windows
from ivy.store.feedback import Kind
from ivy.store.people import Person
from ivy.store.scope import Scope


def put_right(scope: Scope, person: Person, day: date, desk: Desk) -> None:
    """Take somebody's word that a missed day is wrong; beyond what is believed as it is, the operator is told."""
    granted = streaks.of_day(scope, day) is Outcome.EXCUSED  # by a human, who looked at it
    granted = granted or streaks.appeal(
        scope, day, today=local_date(desk.now, person.zone), source="text", now=desk.now
    )
    if not granted:
        alerts.raise_alert(scope.connection, _advice(person, day), at=desk.now, now=desk.now)
        _keep_complaint(scope, day, desk)
    key = Say.VERDICT_RIGHTED if granted else Say.VERDICT_NOTED
    desk.tell(scope, person, key, day=describe_day(day, person.locale))


def _keep_complaint(scope: Scope, day: date, desk: Desk) -> None:
    message_id, turn_id = ratings.last_said(scope) or (None, None)
    words, ref = f"{day} was not missed", day.isoformat()
    feedback.keep(scope, desk.new_id(), Kind.APPEAL, words, ref, message_id=message_id, turn_id=turn_id, now=desk.now)


def excuse(scope: Scope, person: Person, day: date, desk: Desk) -> bool:
    """Let a missed day cost nothing, by an operator's word; return False if it is none. They hear it inside the window."""
    if streaks.of_day(scope, day) is not Outcome.MISSED:
        return False
    streaks.record(scope, day, Outcome.EXCUSED, source="operator", now=desk.now)
    alerts.resolve(scope.connection, _key(person, day), at=desk.now, now=desk.now)
    feedback.settle(scope, Kind.APPEAL, day.isoformat(), note="excused", now=desk.now)
    if window_open(windows.expires_at(scope, desk.channel), desk.now):  # it is worth no paid template, nor an SMS
        desk.tell(scope, person, Say.VERDICT_RIGHTED, day=describe_day(day, person.locale))
    return True


def _advice(person: Person, day: date) -> Advice:
    return Advice(
        Severity.WARNING,
        _key(person, day),
        f"{person.name} says that {day} was not missed.",
        f"Read with `ivy users show {person.id}`; if they are right, `ivy users excuse {person.id} {day}`.",
        lasts=A_MONTH,
    )


def _key(person: Person, day: date) -> Key:
    return AlertKind.APPEAL.of(person.id, str(day))
