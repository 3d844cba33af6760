"""A verdict that a person says is wrong: believed twice a month, then looked at by a human. May import: the store and below."""

from datetime import date

from ivy.agent import chats
from ivy.agent.desk import Desk
from ivy.domain.advice import A_MONTH, Advice, Severity
from ivy.domain.runbook import AlertKind, Key
from ivy.domain.schedule import local_date
from ivy.domain.sentences import Say
from ivy.domain.streaks import Outcome
from ivy.domain.when import describe_day
from ivy.store import alerts, feedback, ratings, streaks
from ivy.store.feedback import Kind
from ivy.store.people import Person
from ivy.store.scope import Scope


def put_right(scope: Scope, person: Person, day: date, desk: Desk) -> None:
    """Take somebody's word that a missed day is wrong; beyond what is believed as it is, the operator is told."""
    outcome = streaks.of_day(scope, day)
    if outcome not in (Outcome.MISSED, Outcome.EXCUSED):  # they said themselves what became of it: no appeal is spent
        desk.tell(scope, person, Say.TAP_OVER)
        return
    # An excused day was looked at by a human, or costs nothing anyway.
    granted = outcome is Outcome.EXCUSED or is_believed(scope, person, day, desk, "missed")
    key = Say.VERDICT_RIGHTED if granted else Say.VERDICT_NOTED
    desk.tell(scope, person, key, day=describe_day(day, person.locale))


def is_believed(scope: Scope, person: Person, day: date, desk: Desk, verdict: str) -> bool:
    """Say whether somebody's word against a verdict ("missed", "left out") is taken; where not, a human is told."""
    today = local_date(desk.now, person.zone)
    if streaks.appeal(scope, day, today=today, source="text", now=desk.now):
        return True
    alerts.raise_alert(scope.connection, _advice(person, day, verdict), at=desk.now, now=desk.now)
    _keep_complaint(scope, f"{day} was not {verdict}", day, desk)
    return False


def _keep_complaint(scope: Scope, words: str, day: date, desk: Desk) -> None:
    message_id, turn_id = ratings.last_said(scope) or (None, None)
    ref = day.isoformat()
    feedback.keep(scope, desk.new_id(), Kind.APPEAL, words, ref, message_id=message_id, turn_id=turn_id, now=desk.now)


def excuse(scope: Scope, person: Person, day: date, desk: Desk) -> bool:
    """Let a missed day, or one that they dispute, cost nothing, by an operator's word; return False if it is neither.

    They hear it inside the window.
    """
    outcome, is_disputed = streaks.of_day(scope, day), feedback.is_kept(scope, Kind.APPEAL, day.isoformat())
    if outcome is not Outcome.MISSED and not (outcome is Outcome.SKIPPED and is_disputed):
        return False
    streaks.record(scope, day, Outcome.EXCUSED, source="operator", now=desk.now)
    alerts.resolve(scope.connection, _key(person, day), at=desk.now, now=desk.now)
    feedback.settle(scope, Kind.APPEAL, day.isoformat(), note="excused", now=desk.now)
    if chat := chats.where_open(scope, desk):  # it is worth no paid template, nor an SMS
        chat.tell(scope, person, Say.VERDICT_RIGHTED, day=describe_day(day, person.locale))
    return True


def _advice(person: Person, day: date, verdict: str) -> Advice:
    return Advice(
        Severity.WARNING,
        _key(person, day),
        f"{person.name} says that {day} was not {verdict}.",
        f"Read with `ivy users show {person.id}`; if they are right, `ivy users excuse {person.id} {day}`.",
        lasts=A_MONTH,
    )


def _key(person: Person, day: date) -> Key:
    return AlertKind.APPEAL.of(person.id, str(day))
