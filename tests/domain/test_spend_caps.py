"""Caps on money: what fits, what is left, who is asked on the way there, when the operator hears of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.spend_caps import (
    ALERT_AT,
    NO_CAPS,
    Stage,
    Sums,
    begins_anew,
    crossed,
    is_exempt,
    judge,
    left,
    nearest,
    order,
    percent,
    stage,
)

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SPANS = ("day", "month", "person_day", "person_month")
ROLES = ("primary", "fallback", "cheap")
DEAR = {"primary": 100, "fallback": 40, "cheap": 5}
money = st.integers(0, 1_000)
sums = st.builds(Sums, money, money, money, money)


def with_caps(span: str, cap: int) -> Sums:
    return Sums(**{span: cap})


@given(sums, sums, st.integers(1, 1_000))
def test_what_fits_stays_within_every_cap_and_what_does_not_names_one(caps: Sums, spent: Sums, estimate: int) -> None:
    verdict = judge(caps, spent, estimate, now=NOW)
    over = {span for span, cap in caps.by_span().items() if cap and spent.by_span()[span] + estimate > cap}
    assert verdict.ok == (not over)
    if not verdict.ok:
        assert verdict.span in over
        assert verdict.cap_micros == caps.by_span()[verdict.span]
        assert verdict.until is not None
        assert verdict.until > NOW


@given(sums, sums)
def test_what_is_left_fits_and_one_more_does_not(caps: Sums, spent: Sums) -> None:
    room = left(caps, spent)
    if room is None:
        assert caps == NO_CAPS
        assert nearest(caps, spent) == ""
        assert percent(caps, spent) == 0
        return
    assert not judge(caps, spent, room + 1, now=NOW).ok
    assert room == 0 or judge(caps, spent, room, now=NOW).ok
    span = nearest(caps, spent)
    assert max(0, caps.by_span()[span] - spent.by_span()[span]) == room


@given(sums, sums)
def test_the_stage_follows_the_cap_that_is_nearest_to_its_end(caps: Sums, spent: Sums) -> None:
    used, at = percent(caps, spent), stage(caps, spent)
    assert (at is Stage.NOTHING) == (used >= 100)
    assert (at >= Stage.CHEAP_ONLY) == (used >= 90)
    assert (at >= Stage.CHEAP_FIRST) == (used >= 80)
    assert (at is Stage.NOTHING) == (left(caps, spent) == 0)


@pytest.mark.parametrize(
    ("spent", "at"),
    [(0, Stage.USUAL), (799, Stage.USUAL), (800, Stage.CHEAP_FIRST), (900, Stage.CHEAP_ONLY), (1000, Stage.NOTHING)],
)
def test_the_stages_begin_where_they_say(spent: int, at: Stage) -> None:
    assert stage(Sums(day=1000), Sums(day=spent)) is at
    assert stage(Sums(day=10**9, person_month=1000), Sums(person_month=spent)) is at


@given(
    st.lists(st.sampled_from(ROLES), unique=True),
    st.dictionaries(st.sampled_from(ROLES), money),
    st.sampled_from(Stage),
)
def test_nobody_dearer_is_asked_before_the_cheap_one_when_money_is_short(
    roles: list[str], dear: dict[str, int], at: Stage
) -> None:
    asked = order(roles, dear, at)
    usual = tuple(role for role in roles if role in dear)
    assert set(asked) <= set(usual)
    assert len(set(asked)) == len(asked)
    match at:
        case Stage.USUAL:
            assert asked == usual
        case Stage.CHEAP_FIRST:
            assert set(asked) == set(usual)
            assert not asked or dear[asked[0]] == min(dear[role] for role in usual)
        case Stage.CHEAP_ONLY:
            assert bool(asked) == bool(usual)
            assert len({dear[role] for role in asked}) <= 1
            assert not asked or dear[asked[0]] == min(dear[role] for role in usual)
        case Stage.NOTHING:
            assert all(dear[role] == 0 for role in asked)


def test_the_way_down_in_one_look() -> None:
    assert order(ROLES, DEAR, Stage.USUAL) == ("primary", "fallback", "cheap")
    assert order(ROLES, DEAR, Stage.CHEAP_FIRST) == ("cheap", "primary", "fallback")
    assert order(ROLES, DEAR, Stage.CHEAP_ONLY) == ("cheap",)
    assert order(ROLES, DEAR, Stage.NOTHING) == ()
    assert order(ROLES, {**DEAR, "cheap": 0}, Stage.NOTHING) == ("cheap",)  # what costs nothing may go on
    assert order(ROLES, {"primary": 100}, Stage.CHEAP_ONLY) == ("primary",)  # the only one is the cheapest


@given(sums, sums, st.sets(st.sampled_from(SPANS)))
def test_every_threshold_that_is_reached_is_told_of_the_spans_asked_for(
    caps: Sums, spent: Sums, spans: set[str]
) -> None:
    told = crossed(caps, spent, spans)
    for span in SPANS:
        cap, had = caps.by_span()[span], spent.by_span()[span]
        expected = [at for at in ALERT_AT if span in spans and cap and had * 100 >= at * cap]
        assert [at for each, at in told if each == span] == expected


@pytest.mark.parametrize(
    ("span", "now", "then"),
    [
        ("day", NOW, datetime(2026, 11, 24, tzinfo=UTC)),
        ("person_month", datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        ("month", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_spans_end_in_utc(span: str, now: datetime, then: datetime) -> None:
    assert begins_anew(span, now) == then


@given(st.integers(0, 10_000_000), st.sampled_from(SPANS))
def test_a_span_always_ends_after_now_and_never_late(minutes: int, span: str) -> None:
    now = NOW + timedelta(minutes=minutes)
    assert now < begins_anew(span, now) <= now + timedelta(days=31 if span.endswith("month") else 1)


def test_answers_reminders_and_safety_go_whatever_is_spent() -> None:
    assert is_exempt("reply", asked_for=True)
    assert is_exempt("reminder", asked_for=False)
    assert is_exempt("safety", asked_for=False)
    assert is_exempt("notice", asked_for=False)  # an operator sends it themself


def test_what_ivy_begins_waits_for_money_however_it_was_chosen() -> None:
    for purpose, asked in (
        ("checkin", True),
        ("checkin", False),
        ("digest", True),
        ("digest", False),
        ("reply", False),
    ):
        assert not is_exempt(purpose, asked_for=asked)
    assert not is_exempt("notice", asked_for=False, knocks=True)  # the template that opens the window costs


# --- many at once -----------------------------------------------------------------------------------------


@given(
    sums,
    st.lists(
        st.tuples(st.sampled_from(["ana", "ben"]), st.integers(1, 300), st.floats(0, 1), st.booleans()), max_size=60
    ),
)
def test_no_order_of_reservations_and_settlements_passes_a_cap_but_by_what_is_exempt(
    caps: Sums, asks: list[tuple[str, int, float, bool]]
) -> None:
    """Everything is in flight together: what is reserved counts until it is settled for at most its estimate."""
    total, of = 0, {"ana": 0, "ben": 0}
    exempt_total, exempt_of = 0, {"ana": 0, "ben": 0}
    flying: list[tuple[str, int, int]] = []
    for who, estimate, part, exempt in asks:
        spent = Sums(total, total, of[who], of[who])
        if exempt or judge(caps, spent, estimate, now=NOW).ok:
            total, of[who] = total + estimate, of[who] + estimate
            flying.append((who, estimate, int(estimate * part)))
            if exempt:
                exempt_total, exempt_of[who] = exempt_total + estimate, exempt_of[who] + estimate
        if len(flying) > 3:
            whose, reserved, cost = flying.pop(0)
            total, of[whose] = total - reserved + cost, of[whose] - reserved + cost
        for cap in (caps.day, caps.month):
            assert not cap or total - exempt_total <= cap
        for cap in (caps.person_day, caps.person_month):
            assert not cap or all(of[each] - exempt_of[each] <= cap for each in of)
