import io
import json
import logging
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy import log

SECRET = "EA!Gx.very(secret)*token"
digits = st.text("0123456789", min_size=8, max_size=14)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What Ivy logs, as production formats it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(log.Lines(plain=False))
    logger = log.get("ivy.tests")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield written
    logger.removeHandler(handler)


@given(st.sampled_from("123456789"), digits, st.sampled_from(["", "+"]))
def test_a_phone_number_keeps_its_last_two_digits_only(first: str, rest: str, plus: str) -> None:
    said = log.mask(f"from {plus}{first}{rest}, hello")
    assert f"…{rest[-2:]}, hello" in said
    assert rest[:-2] not in said


@pytest.mark.parametrize(
    "number",
    [
        "+57 300 123 4567",
        "+1-202-555-0101",
        "+44.7700.900123",
        "573001234567",
        "300 123 4567",
        "(+573001234567)",
        "'573001234567'",
    ],
)
def test_a_phone_number_is_known_however_it_is_written(number: str) -> None:
    said = log.mask(f"call {number} now")
    assert sum(letter.isdigit() for letter in said) == 2


@pytest.mark.parametrize(
    "text",
    ["lane send:+573001234567:whatsapp", "573001234567: who is this?", "call +57 (300) 123-4567", "tel:+573001234567"],
)
def test_a_phone_number_is_known_whatever_stands_beside_it(text: str) -> None:
    assert sum(letter.isdigit() for letter in log.mask(text)) == 2


def test_a_secret_that_begins_like_another_is_hidden_whole() -> None:
    secrets = [f"old-token-{'x' * n}" for n in range(20)]
    log.hide(secrets)
    assert [log.mask(each) for each in secrets] == ["***"] * 20


@given(st.text(), st.text())
def test_a_known_secret_is_never_printed(before: str, after: str) -> None:
    log.hide([SECRET])
    assert SECRET not in log.mask(before + SECRET + after)


def test_a_key_that_looks_like_one_is_masked_even_if_nobody_told() -> None:
    for key in ("Bearer abcdefgh12345", "sk-ant-api03-abcdefgh", "EAAGm0PX4ZCpsBAabcdefgh"):
        assert "abcdefgh" not in log.mask(f"header {key}")


@given(st.text())
def test_whatever_is_logged_is_one_printable_line(text: str) -> None:
    assert log.mask(text).isprintable()


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\r\nlevel=error forged", r"a\x0d\x0alevel=error forged"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("line\u2028separator \x85 \x00", r"line\x2028separator \x85 \x00"),
        ("right\u202eleft", r"right\x202eleft"),
    ],
)
def test_what_would_forge_a_line_or_steer_a_terminal_is_escaped(hostile: str, shown: str) -> None:
    assert log.mask(hostile) == shown


def test_ordinary_words_of_any_language_stay_as_they_are() -> None:
    for text in (
        "12 Liegestütze um 7:30",
        "mañana a las 07:00, 2.5 km",
        "走った 🎉",
        "job 0198c5a0-1111-7abc-8def-0123456789ab",
    ):
        assert log.mask(text) == text


def test_a_line_is_one_json_object_with_the_trace_it_belongs_to(lines: io.StringIO) -> None:
    logger = log.get("ivy.tests")
    with log.trace("t1", job="j1"), log.trace("t1", kind="send"):
        logger.info("sent to %s", "+573001234567")
    logger.info("no trace\nhere")
    first, second = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert {"trace": "t1", "job": "j1", "kind": "send", "level": "info", "text": "sent to …67"}.items() <= first.items()
    assert "trace" not in second and second["text"] == r"no trace\x0ahere"


def test_a_stack_carries_no_secret_and_no_number(lines: io.StringIO) -> None:
    log.hide([SECRET])
    try:
        raise ValueError(f"{SECRET} of +573001234567\r\nforged")
    except ValueError:
        log.get("ivy.tests").exception("it failed")
    (line,) = lines.getvalue().splitlines()
    assert SECRET not in line and "573001234567" not in line
    assert "ValueError" in "".join(msgspec.json.decode(line)["stack"])
