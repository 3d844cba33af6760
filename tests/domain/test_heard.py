"""How far a transcript is trusted, how long a recording is, and what listening to it costs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.domain.heard import Certainty, Heard, certainty, cost_micros, seconds_of
from ivy.emulators import sample_files


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        (Heard("remind me at nine"), Certainty.SURE),
        (Heard("remind me at nine", 0.9, 2.0), Certainty.SURE),
        (Heard("remind me at nine", 0.5, 2.0), Certainty.SURE),
        (Heard("remind me at nine", 0.49, 2.0), Certainty.UNSURE),
        (Heard("sí", None, 0.4), Certainty.SURE),
        (Heard("word " * 40, None, 2.0), Certainty.UNSURE),
        (Heard("no no no no no no no no", None, 5.0), Certainty.UNSURE),
        (Heard(""), Certainty.NOTHING),
        (Heard(" ... "), Certainty.NOTHING),
        (Heard("Subtítulos realizados por la comunidad de Amara.org", 0.99), Certainty.NOTHING),
        (Heard("¡Gracias por ver el video!"), Certainty.NOTHING),
        (Heard("thank you"), Certainty.SURE),
    ],
)
def test_a_transcript_is_trusted_as_far_as_it_deserves(heard: Heard, expected: Certainty) -> None:
    assert certainty(heard, 0.5) is expected


@given(st.text(max_size=60), st.floats(0, 1), st.floats(0, 1), st.floats(0, 600))
@settings(max_examples=100)
def test_more_confidence_never_makes_less_sure(text: str, lower: float, higher: float, seconds: float) -> None:
    lower, higher = sorted((lower, higher))
    rank = [Certainty.NOTHING, Certainty.UNSURE, Certainty.SURE]
    first, second = (certainty(Heard(text, each, seconds), 0.5) for each in (lower, higher))
    assert rank.index(first) <= rank.index(second)


@pytest.mark.parametrize("seconds", [1, 7, 60])
def test_an_ogg_file_tells_how_long_it_is(seconds: int) -> None:
    note = sample_files.ogg_opus(seconds)
    assert seconds_of(note[:65536], note[-65536:], len(note)) == pytest.approx(seconds, abs=0.01)


def test_a_file_that_tells_nothing_is_taken_for_a_usual_voice_note() -> None:
    assert seconds_of(b"ID3", b"", 20_000) == 10.0


def test_a_file_cannot_claim_to_be_shorter_than_its_bytes() -> None:
    note = bytearray(sample_files.ogg_opus(2))
    place = note.rindex(b"OggS")
    note[place + 6 : place + 14] = (400).to_bytes(8, "little")
    assert seconds_of(bytes(note), bytes(note), 6_400_000) == 100.0


@given(st.binary(max_size=200), st.binary(max_size=200), st.integers(0, 10**8))
@settings(max_examples=80)
def test_no_recording_is_too_odd(head: bytes, tail: bytes, size: int) -> None:
    assert seconds_of(b"OggS" + b"OpusHead" + head, b"OggS" + tail, size) >= 0


@given(st.floats(0, 10_000), st.integers(0, 20_000))
@settings(max_examples=60)
def test_listening_is_never_billed_too_low(seconds: float, price: int) -> None:
    micros = cost_micros(seconds, price)
    assert micros * 60 >= seconds * price > (micros - 1) * 60 or micros == 0 == seconds * price


def test_a_minute_costs_its_price() -> None:
    assert (cost_micros(60, 4_500), cost_micros(0.01, 4_500), cost_micros(0, 4_500)) == (4_500, 1, 0)
