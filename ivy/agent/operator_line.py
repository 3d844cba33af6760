"""The operator's own phone on WhatsApp: no person's, with no row among the people, even where it is one's too.

Not a step of a turn: reception lets `heard` look at what comes in, and a status handler lets `status` look at what became
of what went out. May import: the store and below.
"""

from datetime import datetime, timedelta

from ivy import log
from ivy.agent.desk import Desk
from ivy.domain.advice import Advice, Severity
from ivy.domain.inbound import PersonMessage, Reaction, Status, Tap
from ivy.domain.jobs import TELL_OPERATOR
from ivy.domain.operator_routes import Route, not_told
from ivy.domain.windows import window_after, window_open
from ivy.store import alerts, jobs, operator_lines, spending
from ivy.store.binding import Connection
from ivy.store.jobs import NewJob

logger = log.get(__name__)
CHANNEL = "whatsapp"
TEMPLATE = "alert_raised"
SHOW_ALL = "operator:alerts"
"""What the template's button brings back. It is no token: whoever sends it learns nothing unless it comes from that phone."""
DELIVERED = ("delivered", "read")
LANE = "operator"


def lane(route: Route) -> str:
    """Return the lane in which one way is told, in order."""
    return LANE if route is Route.MAIL else f"{LANE}:{route}"


def heard(connection: Connection, event: PersonMessage, desk: Desk) -> bool:
    """Note that the operator's phone wrote; return True if all that it wants is to be shown the alerts."""
    phone = desk.config.operator.whatsapp
    if not phone or desk.channel != CHANNEL or event.sender.phone != phone or isinstance(event, Reaction):
        return False
    operator_lines.wrote(connection, CHANNEL, event.sent_at)
    if not isinstance(event, Tap) or event.action != SHOW_ALL:
        return False
    job = NewJob(
        id=desk.new_id(),
        kind=TELL_OPERATOR,
        key=f"{TELL_OPERATOR.name}:asked:{event.external_id}",
        due_at=desk.now,
        payload={"route": Route.WHATSAPP.value, "asked": True},
        lane=lane(Route.WHATSAPP),
        trace_id=desk.trace_id,
    )
    jobs.enqueue(connection, job, now=desk.now)
    return True


def may_write_freely(connection: Connection, now: datetime) -> bool:
    """Say whether the operator's phone wrote lately enough for words that are no template."""
    wrote_at = operator_lines.wrote_at(connection, CHANNEL)
    return wrote_at is not None and window_open(window_after(wrote_at), now)


def status(connection: Connection, status: Status, desk: Desk) -> None:
    """Take in what became of something that was sent to the operator; what did not arrive is news again."""
    if not jobs.is_of_kind(connection, status.our_id, TELL_OPERATOR):
        return
    if status.state in DELIVERED:
        spending.close(connection, status.our_id)
        alerts.resolve(connection, not_told(Route.WHATSAPP), at=desk.now, now=desk.now)
    elif status.state == "failed":
        spending.close(connection, status.our_id, 0)
        codes = ", ".join(str(error.code) for error in status.errors) or "no reason given"
        alerts.take_back(connection, status.our_id)
        operator_lines.shut(connection, CHANNEL, desk.now - timedelta(hours=24))
        trouble = cannot_be_told(Route.WHATSAPP, f"what was sent did not arrive ({codes})")
        alerts.raise_alert(connection, trouble, at=desk.now, now=desk.now, again=False)
        logger.error("the operator's phone was not reached: %s", codes)


def cannot_be_told(route: Route, reason: str) -> Advice:
    """Return the alert that one way to the operator does not work: the others tell it."""
    how, mend = _WORDS[route]
    title = f"The operator cannot be {how}: {reason.rstrip('.')}."
    return Advice(Severity.WARNING, not_told(route), title, mend)


_WORDS = {
    Route.MAIL: (
        "mailed",
        "Mend it under [mail], or operator.mail; `ivy doctor --live` says whether the server lets Ivy in.",
    ),
    Route.WHATSAPP: (
        "told on WhatsApp",
        "Have the template alert_raised approved (`ivy whatsapp templates list`), or write to Ivy's number from that phone.",
    ),
    Route.WEBHOOK: ("told by webhook", "Mend operator.webhook_url, or what answers there; `ivy alerts test` tries it."),
}
