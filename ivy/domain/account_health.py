"""What Meta says of the account, the number and its security, as advice to the operator. May import: the domain.

Sources: Cloud API webhook reference: "account_update" and its siblings. Total: what nobody knows becomes a plain
warning, what is not the operator's business becomes None, and no payload makes it raise.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, cast

from ivy.domain import error_health, messaging_limit, template_health
from ivy.domain.advice import A_MONTH, A_WEEK, Advice, Severity, day, instant, over, word
from ivy.domain.runbook import AlertKind, Key

Details = Mapping[str, Any]
Reader = Callable[[str, Details], Advice | None]

INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL
NOT_FOR_OPERATORS = frozenset(
    {
        "automatic_events",
        "message_template_components_update",  # Ivy's own edits come back this way
        "partner_solutions",
        "payment_configuration_update",  # payments inside the chat, which Ivy does not take
        "user_preferences",
    }
)


def advise(field: str, event: str, details: Details) -> Advice | None:
    """Return what to tell of a notice (`AccountNotice`); None when there is nothing to tell or to do."""
    if field in NOT_FOR_OPERATORS:
        return None
    read = _READERS.get(field)
    return read(event.strip(), details) if read else unknown(field, event)


def unknown(field: str, event: str) -> Advice:
    """Return the warning for what this version has no words for."""
    said, where = word({"": event or "something"}, ""), word({"": field}, "")[:60]
    return Advice(
        WARNING, AlertKind.UNKNOWN.of(where, said.lower()), f"Meta reports {said} ({where}), which Ivy does not know.",
        "Look at the account in WhatsApp Manager.", lasts=A_WEEK,
    )  # fmt: skip


# --- the account -----------------------------------------------------------------------------------

BAN = AlertKind.ACCOUNT.of("ban")
CONNECTION = AlertKind.ACCOUNT.of("connection")
RESTRICTION = AlertKind.ACCOUNT.of("restriction")
REVIEW = AlertKind.ACCOUNT.of("review")
_APPEAL = "Appeal in Meta's Business Support Home"
_FORBIDDEN = {
    "RESTRICTED_ADD_PHONE_NUMBER_ACTION": "adding numbers",
    "RESTRICTED_BIZ_INITIATED_CALLING": "calling people in WhatsApp",
    "RESTRICTED_BIZ_INITIATED_MESSAGING": "writing outside a window",
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": "answering people",
    "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES": "sending without a template",
    "RESTRICTED_UTILITY_TEMPLATES": "utility templates",
}
_SILENCING = ("BIZ_INITIATED_MESSAGING", "CUSTOMER_INITIATED_MESSAGING", "UTILITY_TEMPLATES")


def _account(event: str, details: Details) -> Advice | None:
    match event.upper():
        case "ACCOUNT_VIOLATION":
            policy = word(details, "violation_info", "violation_type") or "not named"
            return Advice(
                CRITICAL, AlertKind.ACCOUNT.of("violation", policy.lower()),
                f"Meta says that the account broke a policy: {policy}.",
                f"{_APPEAL} if it is wrong, else stop what caused it: the next step is a restriction or a ban.",
                lasts=A_MONTH,
            )  # fmt: skip
        case "ACCOUNT_RESTRICTION":
            return _restriction(details)
        case "DISABLED_UPDATE":
            return _ban(details)
        case "ACCOUNT_REINSTATED":
            return over(BAN, "The account works again.")
        case "ACCOUNT_DELETED" | "ACCOUNT_OFFBOARDED" as what:
            return Advice(
                CRITICAL, CONNECTION, f"The WhatsApp account was {'deleted' if what.endswith('DELETED') else 'disconnected'}.",
                "Connect an account again (`ivy whatsapp probe` walks through it): nothing is sent or heard until then.",
            )  # fmt: skip
        case "PARTNER_REMOVED" | "PARTNER_APP_UNINSTALLED":
            return Advice(
                CRITICAL, CONNECTION, "The app was removed from the WhatsApp account.",
                "Give the app access to the account again, then run `ivy whatsapp probe`: nothing is heard until then.",
            )  # fmt: skip
        case "ACCOUNT_RECONNECTED" | "PARTNER_ADDED" | "PARTNER_APP_INSTALLED":
            return over(CONNECTION, "The WhatsApp account is connected.")
        case "VERIFIED_ACCOUNT":
            return _news(AlertKind.ACCOUNT.of("verified"), "The business is verified.")
        case "VOLUME_BASED_PRICING_TIER_UPDATE":
            return _news(
                AlertKind.ACCOUNT.of("volume"), "Meta moved the account to another price tier for its volume.",
                "Put the new rates into the file that whatsapp.rates_file names, if costs are to be exact.",
            )  # fmt: skip
        case "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE":
            return _news(
                AlertKind.ACCOUNT.of("country"),
                f"Meta keeps the business under the country {word(details, 'country')}.",
            )
        case "AD_ACCOUNT_LINKED" | "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE" | "MM_LITE_TERMS_SIGNED":
            return None
        case other if other.startswith("PARTNER_"):
            return _news(
                AlertKind.ACCOUNT.of(other.lower()[:60]), f"Meta reports {word({'': event}, '')} of the account."
            )
        case _:
            return unknown("account_update", event)


def _restriction(details: Details) -> Advice:
    """Payloads differ in the name of the list, and some have one restriction in the place of the list."""
    found: Any = details.get("restriction_info") or details.get("restrictions")
    listed = cast("list[Any]", found) if isinstance(found, list) else [found]
    each: list[Details] = [one for one in listed if isinstance(one, dict)]
    types = [word(one, "restriction_type") for one in each]
    ends = [end for end in (instant(one, "expiration") for one in each) if end is not None]
    until = max(ends) if ends and len(ends) == len(each) else None
    what = ", ".join(_FORBIDDEN.get(name.upper(), name) for name in types if name) or "something it does not name"
    silences = any(part in name.upper() for name in types for part in _SILENCING)
    end = f" until {day(until)}" if until else ""
    return Advice(
        CRITICAL if silences else WARNING, RESTRICTION, f"Meta forbids the account {what}{end}.",
        f"{_APPEAL}, and send nothing that nobody asked for meanwhile.", until=until, lasts=A_MONTH,
    )  # fmt: skip


def _ban(details: Details) -> Advice:
    info = details.get("ban_info")
    said: Any = cast("Details", info).get("waba_ban_state") if isinstance(info, dict) else ""
    states = {str(state).upper() for state in (cast("list[Any]", said) if isinstance(said, list) else [said])}
    when = word(details, "ban_info", "waba_ban_date")
    if states == {"REINSTATE"}:
        return over(BAN, "The account works again: Meta lifted the ban.")
    if "SCHEDULE_FOR_DISABLE" in states and "DISABLE" not in states:
        return Advice(
            CRITICAL, BAN, f"Meta will switch the account off{f' on {when}' if when else ''}.",
            f"{_APPEAL} before then, and make sure that people can be reached by SMS or mail.",
        )  # fmt: skip
    return Advice(
        CRITICAL, BAN, f"Meta banned the account{f' ({when})' if when else ''}: nothing is delivered.",
        f"{_APPEAL}, and let SMS or mail carry the messages meanwhile.",
    )  # fmt: skip


def _review(event: str, _details: Details) -> Advice | None:
    match event.upper():
        case "APPROVED":
            return over(REVIEW, "Meta approved the account.")
        case "REJECTED":
            return Advice(
                CRITICAL, REVIEW, "Meta refused the account: it cannot be used.",
                f"{_APPEAL}, with the business's true name and website.",
            )  # fmt: skip
        case "PENDING" | "DEFERRED":
            return Advice(
                WARNING, REVIEW, "Meta is still reviewing the account: it cannot be used yet.",
                "Wait for the decision, and check that the business's name and website are complete.",
            )  # fmt: skip
        case _:
            return unknown("account_review_update", event)


# --- alerts of Meta's own --------------------------------------------------------------------------

_GROWTH = "To grow, verify the business or deliver 2,000 well-liked templates to different people within 30 days."
_ALERTS: dict[str, tuple[Severity, str, str]] = {
    "INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED": (INFO, "Meta keeps the messaging limit as it is, for now.", _GROWTH),
    "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED": (INFO, "Meta refused a higher messaging limit.", _GROWTH),
    "INCREASED_CAPABILITIES_ELIGIBILITY_NEED_MORE_INFO": (
        WARNING, "Meta wants to know who runs the business before it raises the limit.",
        "Verify the business in Meta's Security Centre.",
    ),
    "OBA_APPROVED": (INFO, "Meta approved the official badge.", "Nothing needs to be done."),
    "OBA_REJECTED": (INFO, "Meta refused the official badge.", "Nothing needs to be done: the number works without it."),
    "PROFILE_PICTURE_LOST": (
        WARNING, "The number lost its profile picture.", "Upload the picture again in WhatsApp Manager.",
    ),
}  # fmt: skip
_SEVERITIES = {"CRITICAL": CRITICAL, "WARNING": WARNING, "INFO": INFO, "INFORMATIONAL": INFO}


def _alert(event: str, details: Details) -> Advice | None:
    """Older payloads have the fields of `alert_info` at the top."""

    def said(name: str) -> str:
        return word(details, "alert_info", name) or word(details, name)

    kind, about = (said("alert_type") or event).upper(), said("alert_description")
    key = AlertKind.OF_META.of(kind.lower()[:60], word(details, "entity_id"))
    if said("alert_status").upper() == "RESOLVED":
        return over(key, f"Meta's alert {kind} is over.")
    severity, title, advice = _ALERTS.get(kind) or (
        _SEVERITIES.get(said("alert_severity").upper(), WARNING),
        f"Meta's alert {word({'': kind}, '')}{f': {about}' if about else ''}.".replace("..", "."),
        "Look at the account in WhatsApp Manager.",
    )
    return Advice(severity, key, title, advice, lasts=A_WEEK if severity is INFO else A_MONTH)


# --- the number ------------------------------------------------------------------------------------


def _number(details: Details) -> str:
    return "".join(letter for letter in word(details, "display_phone_number") if letter.isdecimal())


def _quality(event: str, details: Details) -> Advice | None:
    key, limit = AlertKind.NUMBER.of(_number(details), "quality"), messaging_limit.said(details)
    match event.upper():
        case "FLAGGED":
            return Advice(
                CRITICAL, key, "The number is flagged: many people block or report it.",
                "Send nothing that nobody asked for until it is unflagged: what follows is a lower limit, then a ban.",
            )  # fmt: skip
        case "UNFLAGGED":
            return over(key, "The number is no longer flagged.")
        case "DOWNGRADE":
            return Advice(
                WARNING, messaging_limit.KEY,
                "Meta lowered the limit for messages outside a window"
                + (f" to {messaging_limit.in_words(limit)}." if limit else "."),
                "Send less that nobody asked for, and see which template people block in WhatsApp Manager.",
            )  # fmt: skip
        case "UPGRADE":
            return over(messaging_limit.KEY, "The limit for messages outside a window rose.")
        case "THROUGHPUT_UPGRADE":
            return _news(AlertKind.NUMBER.of(_number(details), "throughput"), "The number may send faster now.")
        case "ONBOARDING":
            return _news(AlertKind.NUMBER.of(_number(details), "new"), "The number is registered with Meta.")
        case _:
            return unknown("phone_number_quality_update", event)


def _name(event: str, details: Details) -> Advice | None:
    key, name = AlertKind.NUMBER.of(_number(details), "name"), word(details, "requested_verified_name")
    match event.upper():
        case "APPROVED":
            return over(key, f"The display name {name} is approved.")
        case "REJECTED" | "DECLINED":
            why = word(details, "rejection_reason")
            return Advice(
                WARNING, key, f"Meta refused the display name {name}{f': {why}' if why else ''}.",
                "Ask for a name that follows the display name guidelines in WhatsApp Manager.",
            )  # fmt: skip
        case "PENDING" | "DEFERRED":
            return None
        case _:
            return unknown("phone_number_name_update", event)


def _capability(event: str, details: Details) -> Advice | None:
    limit = messaging_limit.said(details) or messaging_limit.parse(event)
    return messaging_limit.changed(None, limit) if limit else unknown("business_capability_update", event)


def _username(event: str, details: Details) -> Advice | None:
    key, name = AlertKind.NUMBER.of(_number(details), "username"), word(details, "username")
    match event.upper():
        case "APPROVED":
            return over(key, f"The number's username is {name}.")
        case "RESERVED" | "PENDING":
            return None
        case "DELETED":
            return _news(key, f"The number's username {name} is gone.")
        case _:
            return unknown("business_username_update", event)


# --- security --------------------------------------------------------------------------------------

_PIN = {
    "PIN_CHANGED": "The number's two-step PIN was changed.",
    "PIN_RESET_REQUEST": "Somebody asked Meta to switch the number's two-step PIN off.",
    "PIN_REQUEST_SUCCESS": "The number's two-step PIN was switched off.",
}


def _security(event: str, details: Details) -> Advice | None:
    title = _PIN.get(event.upper())
    if title is None:
        return unknown("security", event)
    return Advice(
        CRITICAL, AlertKind.SECURITY.of(event.lower(), _number(details)), title,
        "If none of you did it, set a new PIN and a new token at once, and see who has access to the business.",
        lasts=timedelta(days=3),
    )  # fmt: skip


def _news(key: Key, title: str, advice: str = "Nothing needs to be done.") -> Advice:
    return Advice(INFO, key, title, advice, lasts=A_WEEK)


_READERS: Mapping[str, Reader] = {
    "account_alerts": _alert,
    "account_review_update": _review,
    "account_update": _account,
    "business_capability_update": _capability,
    "business_username_update": _username,
    "errors": error_health.read,
    "flows": template_health.flow,
    "message_template_quality_update": template_health.quality,
    "message_template_status_update": template_health.status,
    "phone_number_name_update": _name,
    "phone_number_quality_update": _quality,
    "security": _security,
    "template_category_update": template_health.category,
}
