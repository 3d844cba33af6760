"""Each event that the reference lists has a row here: how bad it is, of which fault it speaks, and whether it ends it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import account_health, error_health, messaging_limit
from ivy.domain.account_health import advise
from ivy.domain.advice import Advice, Severity
from tests.cases import each_case

INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL
OVER = "over"
NUMBER = {"display_phone_number": "+1 555-078-3881"}
PLAN = {"message_template_name": "weekly_plan", "message_template_language": "en_US", "message_template_id": 594}
SOON = {"correct_category": "MARKETING", "category_update_timestamp": 1_780_086_400}

STATUS, QUALITY, CATEGORY = (
    "message_template_status_update",
    "message_template_quality_update",
    "template_category_update",
)
OF_PLAN, OF_NUMBER = "template:weekly_plan:en_us:", "number:15550783881:"


def restricted(kind: str, expiration: Any = 1_780_000_000) -> dict[str, Any]:
    return {"restriction_info": [{"restriction_type": kind, "expiration": expiration}]}


def alert(kind: str, severity: str = "WARNING", status: str = "ACTIVE") -> dict[str, Any]:
    return {
        "entity_type": "WABA",
        "entity_id": 7,
        "alert_info": {
            "alert_severity": severity,
            "alert_status": status,
            "alert_type": kind,
            "alert_description": "d",
        },
    }


def flow(**more: Any) -> dict[str, Any]:
    return {"flow_id": "9", **more}


Expected = tuple[Severity | str, str] | None
ROWS: list[tuple[str, str, dict[str, Any], Expected]] = [
    (STATUS, "APPROVED", PLAN, (OVER, f"{OF_PLAN}status")),
    (STATUS, "REJECTED", {**PLAN, "reason": "INVALID_FORMAT"}, (WARNING, f"{OF_PLAN}status")),
    (STATUS, "PENDING", PLAN, None),
    (STATUS, "PAUSED", {**PLAN, "other_info": {"title": "FIRST_PAUSE"}}, (WARNING, f"{OF_PLAN}status")),
    (STATUS, "DISABLED", PLAN, (CRITICAL, f"{OF_PLAN}status")),
    (STATUS, "FLAGGED", PLAN, (WARNING, f"{OF_PLAN}status")),
    (STATUS, "REINSTATED", PLAN, (OVER, f"{OF_PLAN}status")),
    (STATUS, "IN_APPEAL", PLAN, None),
    (STATUS, "ARCHIVED", PLAN, (WARNING, f"{OF_PLAN}status")),
    (STATUS, "LOCKED", PLAN, (WARNING, f"{OF_PLAN}status")),
    (STATUS, "LIMIT_EXCEEDED", PLAN, (WARNING, f"{OF_PLAN}status")),
    (STATUS, "PENDING_DELETION", PLAN, None),
    (STATUS, "DELETED", PLAN, (INFO, f"{OF_PLAN}status")),
    (QUALITY, "GREEN", PLAN, (OVER, f"{OF_PLAN}quality")),
    (QUALITY, "YELLOW", PLAN, (INFO, f"{OF_PLAN}quality")),
    (QUALITY, "RED", PLAN, (WARNING, f"{OF_PLAN}quality")),
    (QUALITY, "UNKNOWN", PLAN, None),
    (CATEGORY, "MARKETING", {**PLAN, **SOON}, (WARNING, f"{OF_PLAN}category")),
    (CATEGORY, "UTILITY", {**PLAN, **SOON, "new_category": "UTILITY"}, (WARNING, f"{OF_PLAN}category")),
    (CATEGORY, "MARKETING", {**PLAN, "new_category": "MARKETING"}, (WARNING, f"{OF_PLAN}category")),
    (CATEGORY, "UTILITY", {**PLAN, "previous_category": "MARKETING", "new_category": "UTILITY"}, (OVER, f"{OF_PLAN}category")),
    ("message_template_components_update", "Plan", PLAN, None),
    ("phone_number_name_update", "APPROVED", NUMBER, (OVER, f"{OF_NUMBER}name")),
    ("phone_number_name_update", "REJECTED", {**NUMBER, "rejection_reason": "NAME"}, (WARNING, f"{OF_NUMBER}name")),
    ("phone_number_name_update", "PENDING", NUMBER, None),
    ("account_review_update", "APPROVED", {}, (OVER, "account:review")),
    ("account_review_update", "REJECTED", {}, (CRITICAL, "account:review")),
    ("account_review_update", "PENDING", {}, (WARNING, "account:review")),
    ("account_review_update", "DEFERRED", {}, (WARNING, "account:review")),
    ("phone_number_quality_update", "FLAGGED", NUMBER, (CRITICAL, f"{OF_NUMBER}quality")),
    ("phone_number_quality_update", "UNFLAGGED", NUMBER, (OVER, f"{OF_NUMBER}quality")),
    ("phone_number_quality_update", "UPGRADE", {**NUMBER, "current_limit": "TIER_2K"}, (OVER, "account:limit")),
    ("phone_number_quality_update", "DOWNGRADE", {**NUMBER, "current_limit": "TIER_250"}, (WARNING, "account:limit")),
    ("phone_number_quality_update", "THROUGHPUT_UPGRADE", NUMBER, (INFO, f"{OF_NUMBER}throughput")),
    ("phone_number_quality_update", "ONBOARDING", NUMBER, (INFO, f"{OF_NUMBER}new")),
    ("business_capability_update", "2000", {"max_daily_conversations_per_business": 2000}, (INFO, "account:limit")),
    ("business_capability_update", "TIER_10K", {"max_daily_conversations_per_business": "TIER_10K"}, (INFO, "account:limit")),
    ("account_update", "ACCOUNT_VIOLATION", {"violation_info": {"violation_type": "SPAM"}}, (CRITICAL, "account:violation:spam")),
    ("account_update", "ACCOUNT_RESTRICTION", restricted("RESTRICTED_BIZ_INITIATED_MESSAGING"), (CRITICAL, "account:restriction")),
    ("account_update", "ACCOUNT_RESTRICTION", restricted("RESTRICTED_ADD_PHONE_NUMBER_ACTION"), (WARNING, "account:restriction")),
    ("account_update", "ACCOUNT_RESTRICTION", {}, (WARNING, "account:restriction")),
    ("account_update", "DISABLED_UPDATE", {"ban_info": {"waba_ban_state": "DISABLE"}}, (CRITICAL, "account:ban")),
    ("account_update", "DISABLED_UPDATE", {"ban_info": {"waba_ban_state": ["SCHEDULE_FOR_DISABLE"]}}, (CRITICAL, "account:ban")),
    ("account_update", "DISABLED_UPDATE", {"ban_info": {"waba_ban_state": "REINSTATE"}}, (OVER, "account:ban")),
    ("account_update", "DISABLED_UPDATE", {"ban_info": "?"}, (CRITICAL, "account:ban")),
    ("account_update", "ACCOUNT_REINSTATED", {}, (OVER, "account:ban")),
    ("account_update", "ACCOUNT_DELETED", {}, (CRITICAL, "account:connection")),
    ("account_update", "ACCOUNT_OFFBOARDED", {}, (CRITICAL, "account:connection")),
    ("account_update", "ACCOUNT_RECONNECTED", {}, (OVER, "account:connection")),
    ("account_update", "VERIFIED_ACCOUNT", {}, (INFO, "account:verified")),
    ("account_update", "VOLUME_BASED_PRICING_TIER_UPDATE", {}, (INFO, "account:volume")),
    ("account_update", "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE", {"country": "CO"}, (INFO, "account:country")),
    ("account_update", "AD_ACCOUNT_LINKED", {}, None),
    ("account_update", "PARTNER_ADDED", {}, (OVER, "account:connection")),
    ("account_update", "PARTNER_APP_INSTALLED", {}, (OVER, "account:connection")),
    ("account_update", "PARTNER_APP_UNINSTALLED", {}, (CRITICAL, "account:connection")),
    ("account_update", "PARTNER_REMOVED", {}, (CRITICAL, "account:connection")),
    ("account_update", "PARTNER_NEXT_YEAR", {}, (INFO, "account:partner_next_year")),
    ("account_alerts", "OBA_APPROVED", alert("OBA_APPROVED", "CRITICAL"), (INFO, "alert:oba_approved:7")),
    ("account_alerts", "OBA_REJECTED", alert("OBA_REJECTED", "CRITICAL"), (INFO, "alert:oba_rejected:7")),
    ("account_alerts", "PROFILE_PICTURE_LOST", alert("PROFILE_PICTURE_LOST"), (WARNING, "alert:profile_picture_lost:7")),
    ("account_alerts", "NEXT_YEAR", alert("NEXT_YEAR", "CRITICAL"), (CRITICAL, "alert:next_year:7")),
    ("account_alerts", "NEXT_YEAR", alert("NEXT_YEAR", "CRITICAL", "RESOLVED"), (OVER, "alert:next_year:7")),
    *[
        ("account_alerts", kind, alert(kind, "CRITICAL"), (severity, f"alert:{kind.lower()}:7"))
        for kind, severity in (
            ("INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED", INFO),
            ("INCREASED_CAPABILITIES_ELIGIBILITY_FAILED", INFO),
            ("INCREASED_CAPABILITIES_ELIGIBILITY_NEED_MORE_INFO", WARNING),
        )
    ],
    ("security", "PIN_CHANGED", NUMBER, (CRITICAL, "security:pin_changed:15550783881")),
    ("security", "PIN_RESET_REQUEST", NUMBER, (CRITICAL, "security:pin_reset_request:15550783881")),
    ("security", "PIN_REQUEST_SUCCESS", NUMBER, (CRITICAL, "security:pin_request_success:15550783881")),
    ("user_preferences", "marketing_messages", {}, None),
    ("business_username_update", "approved", {**NUMBER, "username": "ivy"}, (OVER, f"{OF_NUMBER}username")),
    ("business_username_update", "deleted", {**NUMBER, "username": "ivy"}, (INFO, f"{OF_NUMBER}username")),
    ("business_username_update", "reserved", NUMBER, None),
    ("payment_configuration_update", "Needs Testing", {}, None),
    ("partner_solutions", "SOLUTION_CREATED", {}, None),
    ("automatic_events", "LeadSubmitted", {}, None),
    ("flows", "FLOW_STATUS_CHANGE", flow(new_status="THROTTLED"), (WARNING, "flow:9:status")),
    ("flows", "FLOW_STATUS_CHANGE", flow(new_status="BLOCKED"), (CRITICAL, "flow:9:status")),
    ("flows", "FLOW_STATUS_CHANGE", flow(new_status="PUBLISHED"), (OVER, "flow:9:status")),
    ("flows", "ENDPOINT_AVAILABILITY", flow(alert_state="ACTIVATED"), (CRITICAL, "flow:9:endpoint_availability")),
    ("flows", "ENDPOINT_AVAILABILITY", flow(alert_state="DEACTIVATED"), (OVER, "flow:9:endpoint_availability")),
    ("flows", "ENDPOINT_ERROR_RATE", flow(), (CRITICAL, "flow:9:endpoint_error_rate")),
    ("flows", "ENDPOINT_LATENCY", flow(), (WARNING, "flow:9:endpoint_latency")),
    ("flows", "CLIENT_ERROR_RATE", flow(), (WARNING, "flow:9:client_error_rate")),
    ("flows", "FLOW_VERSION_EXPIRY_WARNING", flow(), (WARNING, "flow:9:flow_version_expiry_warning")),
    *[
        ("errors", str(code), {"code": code, "title": "t"}, (severity, key))
        for code, severity, key in (
            (0, CRITICAL, "sending:token"), (190, CRITICAL, "sending:token"),
            (3, CRITICAL, "sending:permission"), (10, CRITICAL, "sending:permission"),
            (200, CRITICAL, "sending:permission"), (299, CRITICAL, "sending:permission"),
            (131005, CRITICAL, "sending:permission"),
            (33, CRITICAL, "sending:number"), (368, CRITICAL, "sending:blocked"), (131031, CRITICAL, "sending:locked"),
            (131037, CRITICAL, "sending:name"), (131042, CRITICAL, "sending:payment"), (131044, CRITICAL, "sending:payment"),
            (131045, CRITICAL, "sending:registration"), (133010, CRITICAL, "sending:registration"),
            (131048, CRITICAL, "sending:spam"), (131063, WARNING, "code:marketing"), (131064, WARNING, "code:misfiled"),
            (132001, WARNING, "code:template"), (132007, WARNING, "code:template-policy"),
            (132015, WARNING, "code:template"), (132016, WARNING, "code:template"),
            (132068, WARNING, "code:flow"), (132069, WARNING, "code:flow"), (139000, WARNING, "code:flow"),
            (130429, INFO, "code:throttled"), (131056, INFO, "code:throttled"), (131016, WARNING, "code:vendor"),
            (999999, WARNING, "code:999999"),
        )
    ],
    ("errors", "", {}, (WARNING, "code:without a code")),
]  # fmt: skip


@each_case(("field", "event", "details", "expected"), ROWS)
def test_each_event_of_the_reference_has_its_advice(
    field: str, event: str, details: dict[str, Any], expected: Expected
) -> None:
    advice = advise(field, event, details)
    if expected is None:
        assert advice is None
        return
    assert advice is not None
    assert (OVER if advice.resolved else advice.severity, advice.key) == expected
    assert_readable(advice)


def assert_readable(advice: Advice) -> None:
    """One sentence each, on one line, that fits a screen."""
    for text in (advice.title, advice.advice):
        assert text[0].isupper() or text.startswith("`") or "alert" in text
        assert text.rstrip("…").endswith((".", "…", "x")) or ": " in text
        assert "\n" not in text and len(text) < 400


def test_every_field_that_is_read_has_a_row() -> None:
    assert {row[0] for row in ROWS} == set(account_health._READERS) | account_health.NOT_FOR_OPERATORS  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("field", [*account_health._READERS, "field_of_next_year"])  # pyright: ignore[reportPrivateUsage]
def test_an_unknown_event_is_a_plain_warning_that_ends_by_itself(field: str) -> None:
    advice = advise(field, "EVENT_OF_NEXT_YEAR", {})
    assert advice is not None
    assert (advice.severity, advice.resolved) == (WARNING, False)
    assert "EVENT_OF_NEXT_YEAR" in advice.title and advice.lasts is not None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "alert_info", "ban_info", "restriction_info", "violation_info", "current_limit", "correct_category", "other_info",
    "category_update_timestamp", "display_phone_number", "message_template_name", "message_template_language", "flow_id",
    "new_status", "alert_type", "max_daily_conversations_per_business", "new_category", "title",
]  # fmt: skip
hostile = st.dictionaries(st.sampled_from(KEYS), anything, max_size=6)


@given(
    st.sampled_from([row[0] for row in ROWS]) | st.text(max_size=80),
    st.sampled_from([row[1] for row in ROWS]) | st.text(max_size=300),
    hostile,
)
def test_no_payload_makes_it_raise_or_writes_a_novel(field: str, event: str, details: dict[str, Any]) -> None:
    advice = advise(field, event, details)
    if advice is not None:
        assert advice.key and advice.title and advice.advice
        assert len(advice.title) < 800 and "\n" not in advice.title and len(advice.key) < 400


@pytest.mark.parametrize(
    "expiration",
    [1_780_000_000, "1780000000", 1_780_000_000_000, "2026-05-28T20:26:40.000Z", "2026-05-28T20:26:40+0000"],
)
def test_a_restriction_ends_when_the_vendor_says_however_it_writes_the_time(expiration: Any) -> None:
    advice = advise(
        "account_update", "ACCOUNT_RESTRICTION", restricted("RESTRICTED_BIZ_INITIATED_MESSAGING", expiration)
    )
    assert advice is not None and advice.until == datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC)
    assert "writing outside a window until 2026-05-28 20:26 UTC" in advice.title


def test_of_two_restrictions_the_later_end_counts_and_none_if_one_has_none() -> None:
    two = {
        "restriction_info": [
            {"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION", "expiration": 1_780_000_000},
            {"restriction_type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "expiration": 1_780_086_400},
        ]
    }
    advice = advise("account_update", "ACCOUNT_RESTRICTION", two)
    assert advice is not None and advice.until == datetime.fromtimestamp(1_780_086_400, UTC)
    assert advice.severity is CRITICAL and "adding numbers, answering people" in advice.title
    del two["restriction_info"][1]["expiration"]
    advice = advise("account_update", "ACCOUNT_RESTRICTION", two)
    assert advice is not None and advice.until is None and advice.lasts is not None


def test_a_token_is_never_quoted() -> None:
    advice = advise("errors", "190", {"code": 190, "title": "Malformed access token EAAB123"})
    assert advice is not None and "EAAB123" not in advice.title + advice.advice


def test_a_language_is_one_template_however_it_is_written() -> None:
    for written in ("en_US", "en-US"):
        advice = advise(STATUS, "REJECTED", {**PLAN, "message_template_language": written})
        assert advice is not None and advice.key == f"{OF_PLAN}status"


@pytest.mark.parametrize("code", [100, 131026, 131047, 131050, 131049, 130472, 12345])
def test_what_concerns_one_message_alone_is_no_alert(code: int) -> None:
    assert error_health.of_code(code) is None


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("TIER_250", 250), ("TIER_2K", 2_000), ("TIER_10K", 10_000), ("TIER_100K", 100_000), ("tier_1k", 1_000),
        ("2000", 2_000), ("TIER_UNLIMITED", messaging_limit.UNLIMITED), ("-1", messaging_limit.UNLIMITED),
        ("TIER_NOT_SET", None), ("", None), ("K", None), ("0", None), ("²K", None), ("9" * 30, None),
    ],
)  # fmt: skip
def test_a_limit_is_read_from_every_spelling(text: str, people: int | None) -> None:
    assert messaging_limit.parse(text) == people


@given(st.text(max_size=20) | st.integers().map(str))
def test_a_limit_is_never_less_than_one_person(text: str) -> None:
    found = messaging_limit.parse(text)
    assert found is None or 1 <= found <= messaging_limit.UNLIMITED


def test_a_lower_limit_is_a_fault_and_a_higher_one_its_end() -> None:
    lower, higher = messaging_limit.changed(2_000, 250), messaging_limit.changed(250, 2_000)
    assert lower is not None and (lower.severity, lower.resolved) == (WARNING, False)
    assert higher is not None and higher.resolved and higher.key == lower.key
    assert messaging_limit.changed(250, 250) is None
