"""Statuses, errors, wishes and the health of the account, in Ivy's words. May import: ports and below.

Sources: Cloud API webhook reference: "Status", and one page per account field.
"""

from datetime import datetime
from typing import Any

from ivy.adapters.lenient import (
    NO_TIME,
    Object,
    as_object,
    ident,
    instant_or,
    need_ident,
    need_object,
    objects,
    raw,
    whole_number,
    word,
)
from ivy.adapters.whatsapp.errors import VENDOR
from ivy.adapters.whatsapp.people import Book
from ivy.domain.inbound import AccountNotice, DeliveryError, InboundEvent, Preference, Status, Unknown
from ivy.domain.phones import from_whatsapp

# The vendor's field, and where its one word stands: the first path that leads to a word.
_EVENT_AT: dict[str, tuple[tuple[str, ...], ...]] = {
    "account_alerts": (("alert_info", "alert_type"), ("alert_type",), ("alert_info", "alert_status")),
    "account_review_update": (("decision",),),
    "account_update": (("event",),),
    "automatic_events": (("event",), ("event_name",)),
    "business_capability_update": (("max_daily_conversations_per_business",), ("max_daily_conversation_per_phone",)),
    "business_username_update": (("status",), ("event",)),
    "flows": (("event",),),
    "message_template_components_update": (("message_template_title",),),
    "message_template_quality_update": (("new_quality_score",),),
    "message_template_status_update": (("event",),),
    "partner_solutions": (("event",),),
    "payment_configuration_update": (("status",),),
    "phone_number_name_update": (("decision",),),
    "phone_number_quality_update": (("event",),),
    "security": (("event",),),
    "template_category_update": (("new_category",), ("correct_category",)),
}
# Meta's own examples show payloads under a neighbour's field: these keys say what a payload is.
_TOLD_BY_KEY = {
    "new_quality_score": "message_template_quality_update",
    "new_category": "template_category_update",
    "correct_category": "template_category_update",
    "message_template_element": "message_template_components_update",
}


def read_status(element: Any, at: datetime) -> InboundEvent:
    """Return one element of `statuses`; `at` stands in where it has no time. Raises: Malformed."""
    status = need_object(element, "status")
    if word(status, "type") not in ("", "message"):  # a call or a payment shares the array's name
        return Unknown(channel=VENDOR, field=f"status:{word(status, 'type')}", raw=raw(status))
    pricing = as_object(status.get("pricing"))
    return Status(
        channel=VENDOR,
        external_id=need_ident(status, "id"),
        state=need_ident(status, "status").lower(),
        at=instant_or(status, "timestamp", at),
        our_id=ident(status, "biz_opaque_callback_data"),
        recipient=ident(status, "recipient_user_id") or from_whatsapp(ident(status, "recipient_id")),
        errors=tuple(_delivery_error(error) for error in objects(status, "errors")),
        price_type=word(pricing, "type"),
        price_category=word(pricing, "category").replace("-", "_"),
    )


def _delivery_error(error: Object) -> DeliveryError:
    title = word(error, "title") or word(error, "message")
    details = word(as_object(error.get("error_data")), "details") or word(error, "message")
    return DeliveryError(code=whole_number(error, "code"), title=title, details=details)


def read_error(element: Any, at: datetime) -> AccountNotice:
    """Return one error of a whole update. Raises: Malformed."""
    error = need_object(element, "error")
    return AccountNotice(channel=VENDOR, field="errors", event=ident(error, "code"), at=at, details=dict(error))


def read_preference(element: Any, book: Book, at: datetime) -> Preference:
    """Return one wish about marketing. Raises: Malformed."""
    wish = need_object(element, "preference")
    return Preference(
        sender=book.named(ident(wish, "user_id"), ident(wish, "wa_id")),
        category=word(wish, "category"),
        value=need_ident(wish, "value").lower(),
        at=instant_or(wish, "timestamp", at),
    )


def read_notice(field: str, value: Object, at: datetime = NO_TIME) -> InboundEvent:
    """Return a change of the account, or `Unknown` for a field without a meaning to us."""
    told = next((told for key, told in _TOLD_BY_KEY.items() if key in value), field) if field in _EVENT_AT else field
    if told not in _EVENT_AT:
        return Unknown(channel=VENDOR, field=field, raw=raw(value))
    event = next(filter(None, (_at(value, path) for path in _EVENT_AT[told])), "")
    return AccountNotice(channel=VENDOR, field=told, event=event, at=at, details=dict(value))


def _at(value: Object, path: tuple[str, ...]) -> str:
    for key in path[:-1]:
        value = as_object(value.get(key))
    return ident(value, path[-1])
