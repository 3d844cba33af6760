"""What workouts give: never over a cap, never twice, and always what their states deserve."""

from dataclasses import astuple, dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.config import CharitySection, GivingSection
from ivy.domain import giving
from ivy.domain.currencies import CODES
from ivy.domain.giving import (
    Gift,
    Given,
    Kind,
    Move,
    PartialGives,
    Used,
    Usual,
    Wallet,
    gift_for,
    minor,
    share,
    usual,
    wallet_of,
)
from ivy.domain.said import Unclear
from ivy.domain.workouts import WorkoutState
from ivy.errors import ConfigError

TODAY = date(2026, 11, 30)
WALLET = Wallet("water", 100, "USD", 200, 400)
CHARITIES = {"water": CharitySection(name="Clean Water"), "trees": CharitySection()}
SECTION = GivingSection(charities=CHARITIES)
HALF, WHOLE, NOTHING = Fraction(1, 2), Fraction(1), Fraction(0)
SHARES = st.sampled_from([NOTHING, Fraction(1, 3), HALF, WHOLE])


@dataclass
class Ledger:
    """The rows of one person, written as the store writes them: each with an id, a workout and a day."""

    rows: list[tuple[str, int, date, Move]] = field(default_factory=list[tuple[str, int, date, Move]])
    names: "count[int]" = field(default_factory=count)

    def standing(self, workout: int | None = None) -> list[Given]:
        back = {move.reverses for _, _, _, move in self.rows}
        return [
            Given(name, move.kind, move.charity, move.amount_minor, move.currency, move.payer, day)
            for name, of, day, move in self.rows
            if move.kind is not Kind.REVERSAL and name not in back and workout in (None, of)
        ]

    def used(self, day: date, currency: str = "USD") -> Used:
        month = [each for each in self.standing() if each.day.replace(day=1) == day.replace(day=1)]
        month = [each for each in month if each.currency == currency]
        of_day = sum(each.amount_minor for each in month if each.day == day)
        return Used(of_day, sum(each.amount_minor for each in month))

    def say(
        self, workout: int, before: Fraction, after: Fraction, day: date, bonus: int = 0, wallet: Wallet | None = WALLET
    ) -> tuple[Move, ...]:
        moves = gift_for(
            wallet,
            self.standing(workout),
            before=before,
            after=after,
            comeback_minor=bonus,
            used=self.used(day, wallet.currency if wallet else "USD"),
            today=day,
        )
        self.rows += [(f"d{next(self.names)}", workout, day, move) for move in moves]
        return moves

    def net(self, workout: int) -> int:
        return sum(move.amount_minor for _, of, _, move in self.rows if of == workout)


def amounts(moves: tuple[Move, ...]) -> list[tuple[str, int]]:
    return [(move.kind.value, move.amount_minor) for move in moves]


# --- one workout ------------------------------------------------------------------------------------


def test_a_kept_workout_gives_once_and_taking_it_back_takes_just_that() -> None:
    ledger = Ledger()
    assert amounts(ledger.say(1, NOTHING, WHOLE, TODAY, bonus=50)) == [("gift", 100), ("comeback", 50)]
    assert ledger.say(1, WHOLE, WHOLE, TODAY, bonus=50) == ()
    back = ledger.say(1, WHOLE, NOTHING, TODAY)
    assert amounts(back) == [("reversal", -100), ("reversal", -50)]
    assert [move.reverses for move in back] == ["d0", "d1"]
    assert ledger.say(1, NOTHING, NOTHING, TODAY) == ()
    assert amounts(ledger.say(1, NOTHING, WHOLE, TODAY)) == [("gift", 100)]
    assert ledger.net(1) == 100


def test_hearing_an_old_word_again_does_not_give_again() -> None:
    ledger = Ledger()
    ledger.say(1, NOTHING, WHOLE, TODAY, bonus=50)
    assert ledger.say(1, NOTHING, WHOLE, TODAY, bonus=50) == ()


def test_a_part_that_becomes_the_whole_gives_the_rest_and_back_again() -> None:
    ledger = Ledger()
    assert amounts(ledger.say(1, NOTHING, HALF, TODAY)) == [("gift", 50)]
    assert amounts(ledger.say(1, HALF, WHOLE, TODAY)) == [("gift", 50)]
    assert amounts(ledger.say(1, WHOLE, HALF, TODAY)) == [("reversal", -50), ("reversal", -50), ("gift", 50)]
    assert ledger.net(1) == 50


def test_the_day_and_the_month_leave_what_they_leave_maybe_nothing() -> None:
    ledger = Ledger()
    for number in range(3):
        ledger.say(number, NOTHING, WHOLE, TODAY, bonus=30)
    assert [ledger.net(number) for number in range(3)] == [130, 70, 0]
    ledger.say(3, NOTHING, WHOLE, TODAY - timedelta(days=1))
    ledger.say(4, NOTHING, WHOLE, TODAY - timedelta(days=2))
    assert (ledger.net(3), ledger.net(4)) == (100, 100)
    assert ledger.say(5, NOTHING, WHOLE, TODAY - timedelta(days=3)) == ()  # 400 are given this month
    assert amounts(ledger.say(6, NOTHING, WHOLE, TODAY + timedelta(days=1))) == [("gift", 100)]  # another month


def test_what_a_cap_cut_stays_cut_when_the_workout_is_only_spoken_of_again() -> None:
    ledger = Ledger()
    for number in (1, 2, 3):
        ledger.say(number, NOTHING, WHOLE, TODAY)
    assert ledger.say(3, WHOLE, WHOLE, TODAY + timedelta(days=1)) == ()
    assert ledger.net(3) == 0


def test_taken_back_is_room_again_on_its_own_day_only() -> None:
    ledger = Ledger()
    for number in (1, 2):
        ledger.say(number, NOTHING, WHOLE, TODAY)
    ledger.say(1, WHOLE, NOTHING, TODAY)
    assert amounts(ledger.say(3, NOTHING, WHOLE, TODAY)) == [("gift", 100)]
    tomorrow = TODAY + timedelta(days=1)
    for number in (4, 5):
        ledger.say(number, NOTHING, WHOLE, tomorrow)
    ledger.say(2, WHOLE, NOTHING, tomorrow)  # given today, taken back tomorrow: tomorrow is still full
    assert ledger.say(6, NOTHING, WHOLE, tomorrow) == ()


def test_less_is_given_anew_within_todays_cap() -> None:
    ledger = Ledger()
    ledger.say(1, NOTHING, WHOLE, TODAY - timedelta(days=1))
    for number in (2, 3):
        ledger.say(number, NOTHING, WHOLE, TODAY)
    assert amounts(ledger.say(1, WHOLE, HALF, TODAY)) == [("reversal", -100)]
    assert amounts(ledger.say(2, WHOLE, HALF, TODAY)) == [("reversal", -100), ("gift", 50)]


@pytest.mark.parametrize("nobody", [None, Wallet("water", 0, "USD", 200, 400)])
def test_without_a_wallet_nothing_is_given_but_what_stood_is_taken_back(nobody: Wallet | None) -> None:
    ledger = Ledger()
    assert ledger.say(1, NOTHING, WHOLE, TODAY, bonus=50, wallet=nobody) == ()
    ledger.say(2, NOTHING, WHOLE, TODAY)
    assert amounts(ledger.say(2, WHOLE, HALF, TODAY, wallet=nobody)) == [("reversal", -100)]
    ledger.say(3, NOTHING, WHOLE, TODAY)
    assert amounts(ledger.say(3, WHOLE, NOTHING, TODAY, wallet=nobody)) == [("reversal", -100)]


def test_a_wallet_in_other_money_leaves_what_was_given_in_the_first() -> None:
    ledger, euros = Ledger(), Wallet("trees", 300, "EUR", 900, 900, "employer")
    ledger.say(1, NOTHING, HALF, TODAY)
    assert ledger.say(1, HALF, WHOLE, TODAY, wallet=euros) == ()
    assert ledger.say(1, WHOLE, HALF, TODAY, wallet=euros) == (
        Move(Kind.REVERSAL, "water", -50, "USD", "self", "d0"),
        Move(Kind.GIFT, "trees", 150, "EUR", "employer"),
    )


def test_a_bonus_that_turns_out_to_be_due_later_is_capped_too() -> None:
    assert amounts(giving.comeback(WALLET, 50, Used(180, 180))) == [("comeback", 20)]
    assert giving.comeback(WALLET, 0, Used()) == ()
    assert giving.comeback(WALLET, 50, Used(200, 200)) == ()


# --- any interleaving -------------------------------------------------------------------------------

WORDS = st.lists(st.tuples(st.integers(0, 5), SHARES, st.integers(0, 40), st.sampled_from([0, 50])), max_size=40)


@given(WORDS)
def test_no_interleaving_exceeds_a_cap_or_what_a_state_deserves(words: list[tuple[int, Fraction, int, int]]) -> None:
    ledger, states = Ledger(), dict[int, Fraction]()
    for workout, after, offset, bonus in sorted(words, key=lambda word: word[2]):  # time goes forward
        day = TODAY + timedelta(days=offset)
        before, states[workout] = states.get(workout, NOTHING), after
        room = WALLET.daily_cap_minor - ledger.used(day).day_minor
        ledger.say(workout, before, after, day, bonus)
        stands = ledger.standing(workout)
        gifts = sum(each.amount_minor for each in stands if each.kind is Kind.GIFT)
        deserved = int(WALLET.amount_minor * after)
        assert ledger.net(workout) == sum(each.amount_minor for each in stands)
        assert gifts <= deserved
        assert (after > 0) or not stands
        assert len([each for each in stands if each.kind is Kind.COMEBACK]) <= 1
        used = ledger.used(day)
        assert used.day_minor <= WALLET.daily_cap_minor
        assert used.month_minor <= WALLET.monthly_cap_minor
        if before < after and room >= deserved and used.month_minor < WALLET.monthly_cap_minor:
            assert gifts == deserved


@given(st.lists(st.tuples(st.integers(0, 3), SHARES), max_size=30))
def test_without_caps_the_sum_is_just_what_the_states_deserve(words: list[tuple[int, Fraction]]) -> None:
    ledger, states = Ledger(), dict[int, Fraction]()
    wide = Wallet("water", 100, "USD", 10**9, 10**9)
    for workout, after in words:
        ledger.say(workout, states.get(workout, NOTHING), after, TODAY, wallet=wide)
        states[workout] = after
    assert {workout: ledger.net(workout) for workout in states} == {
        workout: int(100 * after) for workout, after in states.items()
    }


# --- what a state deserves ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "minutes", "partial", "expected"),
    [
        (WorkoutState.DONE, None, PartialGives.NONE, WHOLE),
        (WorkoutState.DONE, 1, PartialGives.PRO_RATA, WHOLE),
        (WorkoutState.PLANNED, 30, PartialGives.FULL, NOTHING),
        (WorkoutState.SKIPPED, 30, PartialGives.FULL, NOTHING),
        (WorkoutState.REST, None, PartialGives.FULL, NOTHING),
        (WorkoutState.PARTIAL, 30, PartialGives.NONE, NOTHING),
        (WorkoutState.PARTIAL, 5, PartialGives.PRO_RATA, HALF),
        (WorkoutState.PARTIAL, 10, PartialGives.PRO_RATA, WHOLE),
        (WorkoutState.PARTIAL, 60, PartialGives.PRO_RATA, WHOLE),
        (WorkoutState.PARTIAL, None, PartialGives.PRO_RATA, WHOLE),
        (WorkoutState.PARTIAL, 0, PartialGives.PRO_RATA, NOTHING),
        (WorkoutState.PARTIAL, 9, PartialGives.FULL, NOTHING),
        (WorkoutState.PARTIAL, 10, PartialGives.FULL, WHOLE),
    ],
)
def test_the_share_of_a_workout(
    state: WorkoutState, minutes: int | None, partial: PartialGives, expected: Fraction
) -> None:
    assert share(state, minutes, minimum_minutes=10, partial=partial) == expected


@given(
    st.sampled_from(WorkoutState), st.none() | st.integers(0, 300), st.integers(0, 60), st.sampled_from(PartialGives)
)
def test_a_share_is_never_less_than_nothing_or_more_than_the_whole(
    state: WorkoutState, minutes: int | None, minimum: int, partial: PartialGives
) -> None:
    assert 0 <= share(state, minutes, minimum_minutes=minimum, partial=partial) <= 1


# --- what is told ---------------------------------------------------------------------------------


def test_a_part_of_the_usual_gift_is_rounded_down_to_what_can_be_paid() -> None:
    assert [giving.part_of(WALLET, part) for part in (0, 0.1, 0.333, 1, 1.5)] == [0, 10, 33, 100, 150]


def test_what_moved_is_told_as_one_sum() -> None:
    gift, extra = Move(Kind.GIFT, "water", 100, "USD", "self"), Move(Kind.COMEBACK, "water", 50, "USD", "self")
    back = Move(Kind.REVERSAL, "water", -100, "USD", "self", "d0")
    assert giving.in_all((gift, extra), CHARITIES) == Gift("Clean Water", 150, "USD", 50)
    assert giving.in_all((back, Move(Kind.GIFT, "water", 40, "USD", "self")), CHARITIES) == Gift(
        "Clean Water", -60, "USD"
    )
    assert giving.in_all((back, extra), CHARITIES) == Gift("Clean Water", -50, "USD")
    assert giving.in_all((back, gift), CHARITIES) is None
    assert giving.in_all((), CHARITIES) is None


def test_gifts_of_several_words_are_told_together() -> None:
    one, other = Gift("Clean Water", 100, "USD", 50), Gift("Trees", 5, "EUR")
    assert giving.together([one, None, one]) == Gift("Clean Water", 200, "USD", 100)
    assert giving.together([one, other]) == other
    assert giving.together([None]) is None


def test_a_charity_is_told_by_its_name_or_its_short_one() -> None:
    assert [giving.name_of(short, CHARITIES) for short in ("water", "trees", "gone")] == [
        "Clean Water",
        "trees",
        "gone",
    ]


# --- what is configured -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [("1.00", "USD", 100), ("1.00", "JPY", 1), ("0.50", "JPY", 0), ("1.00", "KWD", 1000), ("5000", "COP", 500_000),
     ("0.999", "USD", 99), ("0", "EUR", 0)],
)  # fmt: skip
def test_configured_amounts_are_minor_units_of_the_persons_money(amount: str, currency: str, expected: int) -> None:
    assert minor(amount, currency) == expected


@pytest.mark.parametrize("amount", [" ", "a lot", "-1", "NaN", "Infinity", "-Infinity", "1e999", "1,00"])
def test_what_is_no_amount_is_named(amount: str) -> None:
    with pytest.raises(ConfigError, match="giving"):
        minor(amount, "USD")
    with pytest.raises(ConfigError, match="giving"):
        giving.check(GivingSection(comeback=amount))


def test_what_is_no_currency_is_refused() -> None:
    giving.check(GivingSection())
    with pytest.raises(Unclear):
        minor("1.00", "XYZ")


def test_nothing_written_is_about_a_dollar_in_everybodys_own_money() -> None:
    assert usual(GivingSection(), "USD") == usual(GivingSection(), "EUR") == Usual(100, 200, 4000, 50)
    assert usual(GivingSection(), "COP") == Usual(500_000, 1_000_000, 20_000_000, 250_000)
    assert usual(GivingSection(), "JPY") == Usual(200, 400, 8000, 100)
    assert usual(GivingSection(), "KWD") == Usual(200, 400, 8000, 100)
    with pytest.raises(Unclear):
        usual(GivingSection(), "XYZ")


BEFORE = ("1.00", "2.00", "40.00", "0.50")
"""What the four keys were when each had a number of its own."""


@given(
    st.tuples(*[st.sampled_from(["", "0", "0.20", "1.00", "5000"])] * 4).filter(lambda four: {*four} - {"", "0"}),
    st.sampled_from(sorted(CODES)),
)
def test_a_file_that_names_an_amount_means_what_it_meant(four: tuple[str, str, str, str], currency: str) -> None:
    meant = [minor(each or before, currency) for each, before in zip(four, BEFORE, strict=True)]
    amount, daily, monthly, comeback = four
    section = GivingSection(amount=amount, daily_cap=daily, monthly_cap=monthly, comeback=comeback)
    assert list(astuple(usual(section, currency))) == meant


@given(st.sampled_from(sorted(CODES)))
def test_nothing_for_coming_back_leaves_the_rest_as_it_is(currency: str) -> None:
    assert usual(GivingSection(comeback="0"), currency) == replace(usual(GivingSection(), currency), comeback=0)


def test_caps_keep_their_proportion_to_the_amount_that_somebody_chose() -> None:
    assert wallet_of(SECTION, "water", "USD") == Wallet("water", 100, "USD", 200, 4000)
    chosen = wallet_of(SECTION, "trees", "COP", amount_minor=500_000, payer="sponsor")
    assert chosen == Wallet("trees", 500_000, "COP", 1_000_000, 20_000_000, "sponsor")
    assert wallet_of(SECTION, "water", "COP") == replace(chosen, charity="water", payer="self")
    free = GivingSection(charities=CHARITIES, amount="0")
    assert wallet_of(free, "water", "USD", amount_minor=300) == Wallet("water", 300, "USD", 200, 4000)
    with pytest.raises(ConfigError, match="gone"):
        wallet_of(SECTION, "gone", "USD")


@given(st.integers(1, 10**9), st.sampled_from(["USD", "JPY", "KWD", "COP", "LBP"]))
def test_a_cap_never_stops_the_first_workout(amount: int, currency: str) -> None:
    wallet = wallet_of(SECTION, "water", currency, amount_minor=amount)
    assert wallet.amount_minor <= wallet.daily_cap_minor <= wallet.monthly_cap_minor
