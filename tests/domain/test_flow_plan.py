"""The plan of a push: what Meta lacks is made, what changed is uploaded, and a second push does nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.flow_plan import Do, Known, Theirs, Wanted, free_title, is_ours, plan

BOOKING = Wanted("booking", "en", "ivy_booking_en", "d1")
LIVE = Wanted("booking_live", "en", "ivy_booking_live_en", "d1", "https://ivy.example/api/whatsapp/flows")
KEY = ("booking", "en")


@pytest.mark.parametrize(
    ("known", "listed", "expected"),
    [
        (None, [], Do.CREATE),
        (Known("7", "d1"), [], Do.CREATE),
        (Known("7", "d1"), [Theirs("7", "ivy_booking_en", "DEPRECATED")], Do.CREATE),
        (None, [Theirs("7", "ivy_booking_en", "PUBLISHED")], Do.UPDATE),
        (Known("8", "d1"), [Theirs("7", "ivy_booking_en", "PUBLISHED")], Do.UPDATE),
        (Known("7", "d0"), [Theirs("7", "ivy_booking_en", "PUBLISHED")], Do.UPDATE),
        (Known("7", ""), [Theirs("7", "ivy_booking_en", "DRAFT")], Do.UPDATE),
        (Known("7", "d1"), [Theirs("7", "ivy_booking_en", "DRAFT")], Do.PUBLISH),
        (Known("7", "d1"), [Theirs("7", "renamed by hand", "PUBLISHED")], Do.NOTHING),
        (Known("7", "d1"), [Theirs("7", "ivy_booking_en", "THROTTLED")], Do.NOTHING),
        (Known("7", "d0"), [Theirs("7", "ivy_booking_en", "BLOCKED")], Do.NOTHING),
    ],
)
def test_what_is_to_be_done(known: Known | None, listed: list[Theirs], expected: Do) -> None:
    (step,) = plan([BOOKING], {} if known is None else {KEY: known}, listed)
    assert step.do is expected and step.why


def test_another_address_of_the_endpoint_is_told() -> None:
    theirs = Theirs("7", LIVE.title, "PUBLISHED", "https://old.example/api/whatsapp/flows")
    (step,) = plan([LIVE], {("booking_live", "en"): Known("7", "d1")}, [theirs])
    assert step.do is Do.UPDATE and "address" in step.why


def test_one_that_may_be_sent_goes_before_one_that_was_left_behind() -> None:
    listed = [Theirs("8", "ivy_booking_en_v2", "DRAFT"), Theirs("7", "ivy_booking_en", "PUBLISHED")]
    (step,) = plan([BOOKING], {}, listed)
    assert step.theirs is not None and step.theirs.id == "7"


def test_a_title_that_is_taken_for_good_gets_a_number() -> None:
    listed = [Theirs("1", "ivy_booking_en", "DEPRECATED"), Theirs("2", "ivy_booking_en_v2", "DEPRECATED")]
    (step,) = plan([BOOKING], {}, listed)
    assert (step.do, step.title) == (Do.CREATE, "ivy_booking_en_v3")


@given(st.lists(st.sampled_from(["a", "a_v2", "a_v3", "a_v", "b", "a_live", "a_v2_old"]), unique=True))
def test_a_free_title_is_nobodys_and_known_as_ours(titles: list[str]) -> None:
    listed = [Theirs(str(number), title, "DRAFT") for number, title in enumerate(titles)]
    title = free_title("a", listed)
    assert title not in titles and is_ours(title, "a") and not is_ours("a_live", "a") and not is_ours("xa", "a")
