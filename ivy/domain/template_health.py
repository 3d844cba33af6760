"""What Meta says of templates and forms (Flows), as advice to the operator. May import: advice, runbook.

Sources: Cloud API webhook reference: "message_template_status_update" and its siblings, "flows"; Meta's guide to
template categories. Low quality pauses a template for 3 hours, then for 6, and then disables it.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ivy.domain.advice import A_WEEK, Advice, Severity, day, instant, over, word
from ivy.domain.runbook import AlertKind, Key

Details = Mapping[str, Any]

INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL
REVIEWABLE_FOR = timedelta(days=60)
"""How long after a change of category Meta can be asked to look again."""
PAUSES = {"FIRST_PAUSE": timedelta(hours=3), "SECOND_PAUSE": timedelta(hours=6)}
DEAREST_CATEGORY = "MARKETING"
CHEAPER_CATEGORIES = ("UTILITY", "AUTHENTICATION")
_DEARER = "as marketing it costs several times as much (in Colombia 15 times) and people may be sent few of them"


def name_of(details: Details) -> str:
    """Return a template's name and language as an operator knows them."""
    name = word(details, "message_template_name") or word(details, "message_template_id") or "(without a name)"
    language = word(details, "message_template_language")
    return f"{name} ({language})" if language else name


def _key(details: Details, what: str) -> Key:
    """Meta writes one language as en_US and as en-US."""
    name = word(details, "message_template_name") or word(details, "message_template_id")
    return AlertKind.TEMPLATE.of(name, word(details, "message_template_language").replace("-", "_").lower(), what)


def status(event: str, details: Details) -> Advice | None:
    """A template was approved, refused, paused or the like."""
    key, name, why = _key(details, "status"), name_of(details), _reason(details)
    match event.upper():
        case "APPROVED" | "REINSTATED" | "UNARCHIVED":
            return over(key, f"Template {name} may be sent.")
        case "PENDING" | "IN_APPEAL" | "PENDING_DELETION":
            return None
        case "REJECTED":
            recommended = word(details, "rejection_info", "recommendation")
            advice = "Reword it and submit it again with `ivy whatsapp templates`"
            return Advice(
                WARNING, key, f"Meta refused template {name}{why}.",
                f"{advice}: {recommended}" if recommended else f"{advice}.",
            )  # fmt: skip
        case "PAUSED":
            pause = PAUSES.get(word(details, "other_info", "title").upper())
            hours = f" for {pause // timedelta(hours=1)} hours" if pause else ""
            return Advice(
                WARNING, key, f"Template {name} is paused{hours}: people block it{why}.",
                "Send it to fewer people, or reword it: after the second pause it is disabled.", lasts=pause,
            )  # fmt: skip
        case "FLAGGED":
            return Advice(
                WARNING, key, f"Template {name} will be disabled if people go on blocking it{why}.",
                "Send it to fewer people, or reword it under another name.",
            )  # fmt: skip
        case "DISABLED":
            return Advice(
                CRITICAL, key, f"Template {name} is disabled{why}: what needs it is not sent.",
                "Submit a reworded one under another name, or appeal in WhatsApp Manager.",
            )  # fmt: skip
        case "ARCHIVED" | "LOCKED" as state:
            return Advice(
                WARNING, key, f"Template {name} is {state.lower()}{why}.",
                "Unlock it in WhatsApp Manager, or submit it under another name.",
            )  # fmt: skip
        case "LIMIT_EXCEEDED":
            return Advice(
                WARNING, key, f"Template {name} was not taken: the account has as many as it may have.",
                "Delete templates that nobody uses, then submit it again.",
            )  # fmt: skip
        case "DELETED":
            return Advice(
                INFO, key, f"Template {name} was deleted.",
                "If it is still needed, submit it under another name: this one stays blocked for 30 days.", lasts=A_WEEK,
            )  # fmt: skip
        case _:
            return _unknown("message_template_status_update", event, name)


def _reason(details: Details) -> str:
    told = (
        word(details, "rejection_info", "reason")
        or word(details, "other_info", "description")
        or word(details, "reason")
    )
    return "" if told.upper() in ("", "NONE") else f" ({told})"


def quality(event: str, details: Details) -> Advice | None:
    """People like a template more or less than before."""
    key, name = _key(details, "quality"), name_of(details)
    match event.upper():
        case "GREEN":
            return over(key, f"People are content with template {name}.")
        case "YELLOW":
            return Advice(
                INFO, key, f"Some people block template {name}.", "Send it to fewer people, or make it more useful.",
            )  # fmt: skip
        case "RED":
            return Advice(
                WARNING, key, f"Many people block template {name}: it is about to be paused.",
                "Send it only to those who asked for it, or reword it.",
            )  # fmt: skip
        case "UNKNOWN":
            return None
        case _:
            return _unknown("message_template_quality_update", event, name)


def category(event: str, details: Details) -> Advice | None:
    """A template's category changes, now or (`correct_category`) a day from now; the category sets the price."""
    key, name = _key(details, "category"), name_of(details)
    coming = word(details, "correct_category").upper()
    told = coming or word(details, "new_category").upper() or event.upper()
    if told in CHEAPER_CATEGORIES:
        return over(key, f"Template {name} is {told.lower()}.")
    if told != DEAREST_CATEGORY:
        return _unknown("template_category_update", told, name)
    if coming:
        at = instant(details, "category_update_timestamp")
        return Advice(
            WARNING, key, f"Template {name} becomes marketing{f' on {day(at)}' if at else ' soon'}.",
            f"Ask for a review in WhatsApp Manager before then, or reword it: {_DEARER}.", lasts=REVIEWABLE_FOR,
        )  # fmt: skip
    return Advice(
        WARNING, key, f"Template {name} has become marketing, and is charged as such.",
        f"Ask for a review in WhatsApp Manager, or reword it under another name: {_DEARER}.", lasts=REVIEWABLE_FOR,
    )  # fmt: skip


# --- forms -----------------------------------------------------------------------------------------

_FLOW_FAULTS = {
    "CLIENT_ERROR_RATE": (
        WARNING, "often fails on people's phones", "Open its preview in WhatsApp Manager, and publish a mended version.",
    ),
    "ENDPOINT_ERROR_RATE": (CRITICAL, "gets errors from Ivy", "See the daemon's log, and `ivy switch flows off` meanwhile."),
    "ENDPOINT_LATENCY": (WARNING, "waits too long for Ivy", "See what keeps the machine busy with `ivy status`."),
    "ENDPOINT_AVAILABILITY": (CRITICAL, "cannot reach Ivy", "Check that server.public_url answers from outside."),
    "FLOW_VERSION_EXPIRY_WARNING": (
        WARNING, "is in a version that ends soon", "Publish it again with `ivy whatsapp flows`.",
    ),
}  # fmt: skip


def flow(event: str, details: Details) -> Advice | None:
    """A form changed its state, or does not work well."""
    flow_id, kind = word(details, "flow_id") or "?", event.upper()
    if kind == "FLOW_STATUS_CHANGE":
        return _flow_status(flow_id, word(details, "new_status").upper())
    if kind not in _FLOW_FAULTS:
        return _unknown("flows", event, f"form {flow_id}")
    severity, what, advice = _FLOW_FAULTS[kind]
    key = AlertKind.FLOW.of(flow_id, kind.lower())
    if word(details, "alert_state").upper() == "DEACTIVATED":
        return over(key, f"Form {flow_id} is well again ({kind}).")
    return Advice(severity, key, f"Form {flow_id} {what}.", advice, lasts=A_WEEK)


def _flow_status(flow_id: str, state: str) -> Advice | None:
    key = AlertKind.FLOW.of(flow_id, "status")
    match state:
        case "PUBLISHED" | "DRAFT" | "DEPRECATED":
            return over(key, f"Form {flow_id} is {state.lower()}.")
        case "THROTTLED":
            return Advice(
                WARNING, key, f"Form {flow_id} is throttled: it may be sent ten times an hour.",
                "Mend what its health status names in WhatsApp Manager, and `ivy switch flows off` meanwhile.",
            )  # fmt: skip
        case "BLOCKED":
            return Advice(
                CRITICAL, key, f"Form {flow_id} is blocked: it cannot be sent.",
                "Mend what its health status names in WhatsApp Manager, and `ivy switch flows off` meanwhile.",
            )  # fmt: skip
        case _:
            return _unknown("flows", state, f"form {flow_id}")


def _unknown(field: str, event: str, name: str) -> Advice:
    said = word({"": event or "something"}, "")
    return Advice(
        WARNING, AlertKind.UNKNOWN.of(field, said.lower(), name), f"Meta reports {said} of {name}, which Ivy does not know.",
        "Look at it in WhatsApp Manager.", lasts=A_WEEK,
    )  # fmt: skip
