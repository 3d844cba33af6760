"""Stop in any language, the way back, and who may be reached for what."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.consent import (
    UNTIL_ANSWERED,
    Consent,
    PersonStatus,
    Purpose,
    StopMeaning,
    StopScope,
    may_contact,
    stop_answer,
    stop_meaning,
)
from ivy.domain.stop_phrases import START, STOP
from tests.cases import each_case

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
_LINES = Path(__file__).with_name("stop_corpus.tsv").read_text(encoding="utf-8").split("\n")[1:]
CORPUS = [(line.split("\t")[0], line.split("\t")[1]) for line in _LINES if line]

_instants = st.timedeltas(timedelta(days=-300), timedelta(days=300)).map(lambda span: NOW + span)
_consents = st.frozensets(st.sampled_from(Purpose)).map(Consent)


@each_case(("expected", "text"), CORPUS)
def test_the_corpus_is_understood(expected: str, text: str) -> None:
    assert stop_meaning(text) is StopMeaning[expected]


def test_the_corpus_is_large_enough_and_has_every_meaning() -> None:
    assert len(CORPUS) >= 120
    assert {expected for expected, _ in CORPUS} == {meaning.name for meaning in StopMeaning}
    assert len({text for _, text in CORPUS}) == len(CORPUS)


@given(
    st.sampled_from(sorted(STOP)),
    st.sampled_from(["", " ", "!", "!!!", ".", "\u200b", " 🙏", " please", " por favor", ", thanks", "\ufe0f", "\n"]),
    st.sampled_from([str.upper, str.lower, str.title]),
)
def test_a_bare_keyword_stops_however_it_is_dressed(keyword: str, dress: str, case: Callable[[str], str]) -> None:
    assert stop_meaning(case(keyword) + dress) is StopMeaning.STOP


@given(st.sampled_from(sorted(STOP | START)), st.integers(0, 40))
def test_invisible_characters_hide_nothing(keyword: str, at: int) -> None:
    assert stop_meaning(keyword[:at] + "\u200d\u2060" + keyword[at:]) is stop_meaning(keyword)


@given(
    st.sampled_from(sorted(STOP)), st.sampled_from(["the timer", "laughing at Bob", "de fumar mañana", "by the shop"])
)
def test_a_keyword_inside_a_sentence_never_stops_everything(keyword: str, rest: str) -> None:
    assert stop_meaning(f"{keyword} {rest}") is not StopMeaning.STOP


@given(st.text())
def test_any_text_has_a_meaning(text: str) -> None:
    assert stop_meaning(text) in StopMeaning
    assert stop_answer(text) is None or stop_answer(text) in StopScope


@pytest.mark.parametrize(
    "piece", ["stop ", "no me ", "i want to stop ", "please ", "any more ", "dejar de recibir ", "a.b "]
)
def test_a_long_text_is_judged_all_the_same(piece: str) -> None:
    assert stop_meaning(piece * 5000) in StopMeaning
    assert stop_meaning((piece.strip() + ". ") * 100 + "x") is not StopMeaning.STOP


@pytest.mark.parametrize(
    ("expected", "texts"),
    [
        (
            StopScope.TODAY,
            "today|Just today please|only for today|for the day|hoy|Solo hoy|por hoy|nada más hoy|todo el día",
        ),
        (
            StopScope.CALLS,
            "calls|just the calls|No calls|no more calls|stop calling me|don't call me|llamadas|las llamadas",
        ),
        (StopScope.CALLS, "solo las llamadas|no me llames más|sin llamadas|No, calls|all calls|Calls 📵"),
        (
            StopScope.EVERYTHING,
            "everything|Everything!|all of it|stop everything|todo|Todo por favor|no, todo|STOP|para todo",
        ),
        (StopScope.NOTHING, "no, keep going|Keep going!|nada, sigue|No, sigue|don't stop|nothing, carry on|continúa"),
        (StopScope.NOTHING, "never mind|olvídalo|no pares|sigue 👍"),
        (None, "no|nada|nothing|yes|not today|not everything|no todo|everything but calls|calls today|👍|maybe|"),
        (None, "what do you mean?|hoy llamadas|los mensajes|call me at seven today"),
    ],
)
def test_the_answer_to_how_much_to_stop_is_read(expected: StopScope | None, texts: str) -> None:
    for text in texts.split("|"):
        assert stop_answer(text) is expected, text


def may(
    status: PersonStatus = PersonStatus.ACTIVE,
    granted: frozenset[Purpose] = frozenset(Purpose),
    purpose: Purpose = Purpose.MESSAGES,
    *,
    asked_for: bool = False,
    suspended_until: datetime | None = None,
) -> bool:
    return may_contact(status, Consent(granted), suspended_until, purpose, asked_for=asked_for, now=NOW).allowed


def test_somebody_active_who_agreed_is_reached() -> None:
    assert all(may(purpose=purpose) for purpose in Purpose)


@given(_consents, st.sampled_from(Purpose), st.booleans(), st.none() | _instants)
def test_who_stopped_gets_answers_in_writing_and_nothing_else(
    consents: Consent, purpose: Purpose, asked_for: bool, suspended_until: datetime | None
) -> None:
    answer = asked_for and purpose is Purpose.MESSAGES
    permission = may_contact(PersonStatus.STOPPED, consents, suspended_until, purpose, asked_for=asked_for, now=NOW)
    assert permission.allowed == answer


@given(st.sampled_from(PersonStatus), st.sampled_from(Purpose), st.booleans())
def test_without_consent_only_messages_that_were_asked_for_are_sent(
    status: PersonStatus, purpose: Purpose, asked_for: bool
) -> None:
    allowed = may(status, frozenset(Purpose) - {purpose}, purpose, asked_for=asked_for)
    assert allowed == (asked_for and purpose is Purpose.MESSAGES)


@given(st.sampled_from([PersonStatus.INVITED, PersonStatus.PAUSED]), st.sampled_from(Purpose))
def test_invited_and_paused_people_get_what_they_ask_for(status: PersonStatus, purpose: Purpose) -> None:
    assert may(status, purpose=purpose, asked_for=True)
    assert not may(status, purpose=purpose)


@given(_instants)
def test_a_suspension_holds_until_its_end_for_what_nobody_asked_for(until: datetime) -> None:
    assert may(suspended_until=until) == (until <= NOW)
    assert may(suspended_until=until, asked_for=True)
    assert may(suspended_until=until, purpose=Purpose.CALLS, asked_for=True)


def test_until_answered_outlasts_everybody_and_fits_the_store() -> None:
    assert not may(suspended_until=UNTIL_ANSWERED)
    assert UNTIL_ANSWERED - timedelta(days=365 * 1000) > NOW


@given(st.sampled_from(PersonStatus), _consents, st.none() | _instants, st.sampled_from(Purpose), st.booleans())
def test_asking_never_makes_less_allowed_and_every_decision_names_its_rule(
    status: PersonStatus, consents: Consent, until: datetime | None, purpose: Purpose, asked_for: bool
) -> None:
    permission = may_contact(status, consents, until, purpose, asked_for=asked_for, now=NOW)
    asked = may_contact(status, consents, until, purpose, asked_for=True, now=NOW)
    assert permission.rule
    assert asked.allowed or not permission.allowed
