"""Which links a text has, whose they are, and that none stays which nobody here wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.links import host_of, links_in, without_unknown


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://a.example/x?y=1.", ["https://a.example/x?y=1"]),
        ("(http://203.0.113.7/a)", ["http://203.0.113.7/a"]),
        ("evil.com or www.evil.zone, steal.example/x!", ["evil.com", "www.evil.zone", "steal.example/x"]),
        ("ftp://x.y/z ivy://do", ["ftp://x.y/z", "ivy://do"]),
        ("gastos-2026.csv, 5.50, 3 p.m., e.g. this, a@b.com, hecho.Listo", []),
        ("https://user@steal.example/?u=ana", ["https://user@steal.example/?u=ana"]),
        ("ñandú.com", ["ñandú.com"]),
    ],
)
def test_links_are_found(text: str, links: list[str]) -> None:
    assert links_in(text) == links


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://www.Ivy.example:8443/me?x", "ivy.example"),
        ("ivy.example/me", "ivy.example"),
        ("https://ivy.example@steal.example/", ""),
        ("https://ivy.example\\@steal.example", ""),
        ("ftp://ivy.example/", ""),
        ("https://", ""),
    ],
)
def test_a_place_is_plain_or_nobodys(link: str, host: str) -> None:
    assert host_of(link) == host


@given(
    st.lists(
        st.sampled_from(["https://", "steal.example", "/x?d=", "www.", ".com", " ", "ivy", "(", ")", "@", "\\", "é"])
    )
)
def test_of_unknown_links_none_is_left(parts: list[str]) -> None:
    assert links_in(without_unknown("".join(parts), lambda _: False, "(gone)")) == []


def test_known_links_stay_as_they_are() -> None:
    text = "Look at https://ivy.example/me, not at https://steal.example/?d=me!"
    kept = without_unknown(text, lambda link: host_of(link) == "ivy.example", "(link left out)")
    assert kept == "Look at https://ivy.example/me, not at (link left out)!"
