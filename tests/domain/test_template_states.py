"""How notices move a template: in whatever order they come, the newest one is believed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.template_plan import Do, place, plan
from ivy.domain.template_states import (
    LONG_AGO,
    News,
    Registered,
    advice,
    after,
    after_submission,
    of_listing,
    of_send_error,
    read_notice,
)
from ivy.domain.templates import Definition, Listed, digest

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
STATUS, QUALITY = "message_template_status_update", "message_template_quality_update"
CATEGORY, WORDS = "template_category_update", "message_template_components_update"
OURS = Definition(
    "reminder_due", "en", "asked for", "You asked for this at {{time}}, and here it is.", {"time": "7:00"},
    buttons=("Done",), ttl_seconds=3600,
)  # fmt: skip
KNOWN = Registered(
    "whatsapp", "reminder_due", "en", "1", digest(OURS), OURS.body, "UTILITY", "UTILITY", "APPROVED",
    status_at=NOW, category_at=NOW,
)  # fmt: skip


def told(field: str, event: str = "", **details: Any) -> News:
    news = read_notice(field, event, details)
    assert news is not None
    return news


def later(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("event", "details", "status"),
    [
        ("APPROVED", {}, "APPROVED"),
        ("approved", {}, "APPROVED"),
        ("REINSTATED", {}, "APPROVED"),
        ("APPROVED", {"other_info": {"title": "UNPAUSE"}}, "APPROVED"),
        ("LOCKED", {"other_info": {"title": "UNPAUSE"}}, "APPROVED"),
        ("PAUSED", {}, "PAUSED"),
        ("LOCKED", {"other_info": {"title": "FIRST_PAUSE"}}, "PAUSED"),
        ("LOCKED", {"other_info": {"title": "DISABLED"}}, "DISABLED"),
        ("REJECTED", {"other_info": {"title": "UNPAUSE"}}, "REJECTED"),
        ("PENDING_DELETION", {"reason": None}, "PENDING_DELETION"),
        ("FLAGGED", {"message_template_category": "UTILITY"}, None),
        ("LIMIT_EXCEEDED", {"message_template_category": "UTILITY"}, None),
    ],
)
def test_each_event_means_a_status(event: str, details: dict[str, Any], status: str | None) -> None:
    assert told(STATUS, event, **details).status == status


@pytest.mark.parametrize(
    ("field", "event", "details"),
    [
        (STATUS, "FLAGGED", {}),
        (STATUS, "SOMETHING_NEW", {}),
        (STATUS, "", {"other_info": ["x"], "rejection_info": 7}),
        (CATEGORY, "", {}),
        (CATEGORY, "", {"new_category": 7}),
        (WORDS, "", {}),
        ("account_update", "DISABLED", {}),
    ],
)
def test_what_says_nothing_about_a_template_is_no_news(field: str, event: str, details: dict[str, Any]) -> None:
    assert read_notice(field, event, details) is None


def test_the_reason_of_a_rejection_is_metas_own_words() -> None:
    news = told(STATUS, "REJECTED", reason="INVALID_FORMAT", rejection_info={"reason": "No context."})
    assert after(KNOWN, news, later(1)).reason == "No context."
    assert after(KNOWN, told(STATUS, "REJECTED", reason="SCAM"), later(1)).reason == "SCAM"
    assert after(KNOWN, told(STATUS, "PAUSED", reason="NONE"), later(1)).reason == ""


def test_the_ladder_of_pauses() -> None:
    first = after(KNOWN, told(STATUS, "PAUSED", other_info={"title": "FIRST_PAUSE"}), later(1))
    assert (first.status, first.paused_until) == ("PAUSED", later(4))
    assert after(first, of_listing(Listed("1", "n", "en", "PAUSED", "UTILITY")), later(2)).paused_until == later(4)
    lifted = after(first, told(STATUS, "APPROVED", other_info={"title": "UNPAUSE"}), later(4))
    assert (lifted.status, lifted.paused_until, lifted.reason) == ("APPROVED", None, "")
    second = after(lifted, told(STATUS, "PAUSED", other_info={"title": "SECOND_PAUSE"}), later(5))
    assert second.paused_until == later(11)


def test_an_announced_category_counts_from_its_hour_even_when_nothing_more_is_heard() -> None:
    at = later(24)
    soon = told(CATEGORY, "UTILITY", new_category="UTILITY", correct_category="MARKETING",
                category_update_timestamp=int(at.timestamp()))  # fmt: skip
    coming = after(KNOWN, soon, later(0.1))
    assert (coming.category, coming.coming_category, coming.coming_at) == ("UTILITY", "MARKETING", at)
    assert coming.category_on(later(23)) == "UTILITY" and coming.category_on(at) == "MARKETING"
    done = after(coming, told(CATEGORY, "MARKETING", previous_category="UTILITY", new_category="MARKETING"), at)
    assert (done.category, done.coming_category, done.coming_at) == ("MARKETING", "", None)
    assert after(done, soon, later(0.1)) == done  # the announcement comes again, a day late


def test_a_template_of_unknown_category_counts_as_the_dearest() -> None:
    assert replace(KNOWN, category="", category_asked="").category_on(NOW) == "MARKETING"


def test_words_that_somebody_else_changed_are_not_ours_any_more() -> None:
    assert after(KNOWN, told(WORDS, message_template_element="Buy this"), later(1)).digest == ""
    numbered = OURS.body.replace("{{time}}", "{{1}}")
    assert after(KNOWN, told(WORDS, message_template_element=numbered), later(1)).digest == KNOWN.digest


def test_a_resubmission_is_not_undone_by_an_old_approval_that_comes_again() -> None:
    sent = after_submission(
        KNOWN, OURS, "new", before=KNOWN, vendor_id="1", status="PENDING", category="", now=later(1)
    )
    assert (sent.status, sent.category) == ("PENDING", "UTILITY")
    assert after(sent, told(STATUS, "APPROVED"), NOW).status == "PENDING"
    assert after(sent, told(STATUS, "APPROVED"), NOW + timedelta(seconds=1)).status == "APPROVED"


def test_a_new_template_hears_its_approval_though_our_clock_is_ahead() -> None:
    made = after_submission(
        Registered("whatsapp", "n", "en"), OURS, "d", before=None, vendor_id="9", status="PENDING", category="UTILITY",
        now=later(1),
    )  # fmt: skip
    assert after(made, told(STATUS, "APPROVED"), NOW).status == "APPROVED"


def test_in_one_second_the_later_step_of_a_review_wins() -> None:
    fresh = replace(KNOWN, status="PENDING", status_at=LONG_AGO)
    for first, second in (("PENDING", "APPROVED"), ("APPROVED", "PENDING")):
        once = after(fresh, told(STATUS, first), later(1))
        assert after(once, told(STATUS, second), later(1)).status == "APPROVED"


def test_a_refused_send_tells_how_the_template_stands() -> None:
    assert [news.status for code in (132001, 132015, 132016) if (news := of_send_error(code))] == [
        "UNKNOWN", "PAUSED", "DISABLED",
    ]  # fmt: skip
    assert of_send_error(131047) is None


EVENTS = ("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "REINSTATED")
EVERY_NEWS = (
    *(told(STATUS, event) for event in EVENTS),
    *(told(STATUS, event, message_template_category="UTILITY") for event in EVENTS),
    *(told(QUALITY, score) for score in ("GREEN", "YELLOW", "RED")),
    *(told(CATEGORY, new, previous_category="X", new_category=new) for new in ("UTILITY", "MARKETING")),
    told(WORDS, message_template_element=OURS.body),
)


@settings(max_examples=80)
@given(st.data())
def test_notices_in_any_order_and_number_leave_the_same(data: st.DataObject) -> None:
    drawn = data.draw(st.lists(st.sampled_from(EVERY_NEWS), min_size=1, max_size=6))
    told_in_order = [(later(hour), news) for hour, news in enumerate(drawn, start=1)]
    mixed = data.draw(st.permutations(told_in_order + told_in_order))
    straight, crooked = KNOWN, KNOWN
    for at, news in told_in_order:
        straight = after(straight, news, at)
    for at, news in mixed:
        crooked = after(crooked, news, at)
    # Why it is paused may have been heard of a pause that was lifted since; all that decides is the same.
    assert replace(crooked, reason="") == replace(straight, reason="")


def test_advice_names_the_next_thing_to_do() -> None:
    current = digest(OURS)
    said = {
        "submit it": None,
        "differ from what was approved": replace(KNOWN, digest="old"),
        "24 hours": replace(KNOWN, status="PENDING"),
        "rejected (SCAM)": replace(KNOWN, status="REJECTED", reason="SCAM"),
        "until about 2026-11-23 10:00": replace(KNOWN, status="PAUSED", paused_until=later(3)),
        "appeal": replace(KNOWN, status="DISABLED"),
        "free again": replace(KNOWN, status="DELETED"),
        "sync": replace(KNOWN, status="UNKNOWN"),
        "within 60 days": replace(KNOWN, category="MARKETING"),
        "becomes MARKETING": replace(KNOWN, coming_category="MARKETING", coming_at=later(24)),
        "quality is low": replace(KNOWN, quality="RED"),
    }
    for words, known in said.items():
        assert words in advice(known, current, NOW)
    assert advice(KNOWN, current, NOW) == ""


# --- plans -------------------------------------------------------------------------------------------

LISTED = Listed("1", "reminder_due", "en", "APPROVED", "UTILITY", body=OURS.body, buttons=OURS.buttons)
OTHER = msgspec.structs.replace(LISTED, body="other words")


@pytest.mark.parametrize(
    ("listed", "known", "do"),
    [
        ([], None, Do.CREATE),
        ([LISTED], None, Do.KEEP),
        ([msgspec.structs.replace(LISTED, language="en_US")], None, Do.CREATE),
        ([msgspec.structs.replace(LISTED, status="PENDING")], None, Do.KEEP),
        ([OTHER], None, Do.EDIT),
        ([OTHER], replace(KNOWN, submitted_at=later(-23)), Do.WAIT),
        ([OTHER], replace(KNOWN, submitted_at=later(-25)), Do.EDIT),
        ([msgspec.structs.replace(OTHER, status="REJECTED")], replace(KNOWN, submitted_at=later(-1)), Do.EDIT),
        ([msgspec.structs.replace(OTHER, status="PENDING")], None, Do.WAIT),
        ([msgspec.structs.replace(OTHER, status="DISABLED")], None, Do.WAIT),
        ([msgspec.structs.replace(OTHER, status="DELETED")], None, Do.CREATE),
        ([], replace(KNOWN, status="DELETED", status_at=later(-24 * 29)), Do.WAIT),
        ([], replace(KNOWN, status="DELETED", status_at=later(-24 * 31)), Do.CREATE),
    ],
)
def test_what_a_submission_would_do(listed: list[Listed], known: Registered | None, do: Do) -> None:
    by_place = {} if known is None else {place(known.name, known.language): known}
    [step] = plan([OURS], listed, by_place, NOW)
    assert step.do is do and step.why
