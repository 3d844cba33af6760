"""Addresses, subjects and plain text: what a mail is made of."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.mail import LONGEST_ADDRESS, LONGEST_SUBJECT, NotAnAddress, address, plain, subject

LOCAL = st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\.[a-z0-9]{1,8}){0,2}", fullmatch=True)
DOMAIN = st.from_regex(r"[a-z0-9]{1,10}(-[a-z0-9]{1,5})?(\.[a-z]{2,8}){1,2}", fullmatch=True)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ana@example.org", "ana@example.org"),
        ("  Ana.Perez+ivy@EXAMPLE.Org\n", "Ana.Perez+ivy@example.org"),
        ("o'neil@example.co.uk", "o'neil@example.co.uk"),
        ("ana@español.example", "ana@xn--espaol-zwa.example"),
        ("ana@例え.jp", "ana@xn--r8jz45g.jp"),
        ("ana@xn--espaol-zwa.example", "ana@xn--espaol-zwa.example"),
    ],
)
def test_an_address_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert address(typed) == kept
    assert address(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ana",
        "ana@",
        "@example.org",
        "ana@localhost",
        "ana@127.0.0.1",
        "ana@[127.0.0.1]",
        "ana@example..org",
        "ana@.example.org",
        "ana@example.org.",
        "ana@-example.org",
        "ana@exa_mple.org",
        "ana@example.org>",
        "Ana <ana@example.org>",
        "ana@example.org, eve@example.org",
        "ana..b@example.org",
        ".ana@example.org",
        "a na@example.org",
        '"a na"@example.org',
        "añá@example.org",
        "ana@straße.de",
        "ana@exam\u200dple.org",
        "ana@exam\u200bple.org",
        "ana@example.org\r\nBcc: eve@example.org",
        "ana\r\nBcc:eve@example.org",
        "ana\x00@example.org",
        "ana＠example.org",
        "ana@eve＠example.org",
        f"{'a' * 65}@example.org",
        f"ana@{'a' * 64}.org",
        f"ana@{'.'.join(['a' * 50] * 5)}.org",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(NotAnAddress):
        address(typed)


@given(LOCAL, DOMAIN)
def test_every_plain_address_is_one(local: str, domain: str) -> None:
    assert address(f"{local}@{domain}") == f"{local}@{domain}"


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_becomes_an_address_that_a_header_or_a_command_would_misread(local: str, domain: str) -> None:
    try:
        found = address(f"{local}@{domain}")
    except NotAnAddress:
        return
    assert found.isascii() and found.isprintable() and len(found) <= LONGEST_ADDRESS
    assert not set(found) & set(' "(),:;<>[\\]') and found.count("@") == 1


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("*Good* morning", "Good morning"),
        ("_call_ ~not~ `now`, *_both_* _*ways*_", "call not now, both ways"),
        ("```\ncode *kept*?\n```", "code kept?"),
        ("2*3*4 and 2 * 3 * 4", "2*3*4 and 2 * 3 * 4"),
        ("snake_case_name", "snake_case_name"),
        ("* one\n* two *bold*\n- three", "* one\n* two bold\n- three"),
        ("> quoted", "> quoted"),
        ("*see https://x.test/a_b_c?q=1 now*", "see https://x.test/a_b_c?q=1 now"),
        ("https://x.test/_a_/b", "https://x.test/_a_/b"),
        ("*https://x.test/a*", "https://x.test/a"),
        ("(*bold*), *bold*.", "(bold), bold."),
        ("**", "**"),
        ("one\r\ntwo\u2028three\n\n\n\nfour  \n", "one\ntwo\nthree\n\nfour"),
        ("nul\x00 bell\x07 tab\tkept", "nul bell tab\tkept"),
        ("👩\u200d👧 stays", "👩\u200d👧 stays"),
    ],
)
def test_markup_goes_and_words_stay(text: str, read: str) -> None:
    assert plain(text) == read


@given(st.text(st.sampled_from("ab *_~`\n>-https://x.y\ue000é💪"), max_size=60))
def test_plain_text_loses_nothing_but_marks_and_blanks(text: str) -> None:
    letters = [c for c in text if c not in "*_~`\ue000" and not c.isspace()]
    assert [c for c in plain(text) if c not in "*_~`" and not c.isspace()] == letters


def test_hostile_markup_takes_no_time() -> None:
    began = time.perf_counter()
    for hostile in ("*a " * 2000, "_" * 4096, "`" * 4096, "*_~`" * 1000, "https://" * 500, "\n \n" * 1300):
        plain(hostile)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("⏰ *Call mom*\nShe asked twice.", "⏰ Call mom"),
        ("\n\n  Two   blanks\t here ", "Two blanks here"),
        ("", ""),
        ("*\u202egnp.exe*", "gnp.exe"),
        ("word " * 30, "word word word word word word word word word word word word word word…"),
        ("x" * 200, "x" * 69 + "…"),
        ("a" * 30 + " " + "b" * 60, "a" * 30 + " " + "b" * 38 + "…"),
        ("Good morning! " + "You have three things to do today, and the first of them, at nine,", None),
    ],
)
def test_a_subject_is_the_first_line_cut_between_words(text: str, line: str | None) -> None:
    if line is not None:
        assert subject(text) == line
    assert len(subject(text)) <= LONGEST_SUBJECT + 1


@given(st.text())
def test_a_subject_is_one_line_that_can_be_seen(text: str) -> None:
    found = subject(text)
    assert len(found) <= LONGEST_SUBJECT + 1
    assert found.splitlines() in ([], [found]) and found == found.strip()
