"""Which links a text has, whose they are, and that none stays which nobody here wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.links import host_of, links_in, without_unknown


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://a.example/x?y=1.", ["https://a.example/x?y=1"]),
        ("(http://203.0.113.7/a) 203.0.113.7/b 10.0.0.1", ["http://203.0.113.7/a", "203.0.113.7/b"]),
        ("evil.com or www.evil.zone, steal.example/x!", ["evil.com", "www.evil.zone", "steal.example/x"]),
        ("ftp://x.y/z ivy://do", ["ftp://x.y/z", "ivy://do"]),
        ("gastos-2026.csv, 5.50, 3 p.m., e.g. this, a@b.com, hecho.Listo", []),
        ("https://user@steal.example/?u=ana", ["https://user@steal.example/?u=ana"]),
        ("ñandú.com", ["ñandú.com"]),
        ("lunch-taxi.steal.ninja or a.b.steal.museum", ["lunch-taxi.steal.ninja", "a.b.steal.museum"]),
        ("steal.xn--p1ai/?q=x steal\u3002com/?q=x", ["steal.xn--p1ai/?q=x", "steal\u3002com/?q=x"]),
        ("mailto:me@steal.example?body=lunch", ["mailto:me@steal.example?body=lunch"]),
        ("3 p.m.Then home, gastos.2026.csv, the U.S.A", []),
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


SCHEMES = [
    "https://",
    "http://",
    "HTTPS://",
    "ftp://",
    "ivy://",
    "//",
    "",
    "www.",
    "mailto:a@",
    "![x](https://",
    "[x](",
    "<https://",
]
HOSTS = [
    "steal.example",
    "steal.ninja",
    "203.0.113.7",
    "steal.xn--p1ai",
    "steal\u3002com",
    "user@steal.example",
    "stéal.io:8443",
]
CARRIERS = [
    "{host}/{data}",
    "{host}?q={data}",
    "{host}/#{data}",
    "{host}/a?b=c&d={data}",
    "{data}.{host}",
    "x.{data}.{host}/y",
    "{host}\\{data}",
]


@given(
    st.from_regex(r"[a-z0-9]{2,12}(-[a-z0-9]{2,12}){0,2}", fullmatch=True),
    st.sampled_from(SCHEMES),
    st.sampled_from(HOSTS),
    st.sampled_from(CARRIERS),
    st.sampled_from(["Look: {}", "{}", "({})", "**{}**", "see {}. Bye", "Mira {}, ¿sí?"]),
)
def test_what_a_link_would_carry_is_not_in_what_is_sent(
    data: str, scheme: str, host: str, carrier: str, text: str
) -> None:
    """Whatever is tapped, or fetched before a tap, tells nobody what a tainted turn had read."""
    if host.startswith("user@") and "://" not in scheme:
        return  # somebody's mail address: what stands behind it is no part of it
    if host[0].isdigit() and carrier.startswith(("{data}", "x.")):
        return  # nothing stands before four numbers
    link = scheme + carrier.format(host=host, data=f"zq{data}zq")
    said = without_unknown(text.format(link), lambda _: False, "(link left out)")
    assert f"zq{data}zq" not in said


def test_known_links_stay_as_they_are() -> None:
    text = "Look at https://ivy.example/me, not at https://steal.example/?d=me!"
    kept = without_unknown(text, lambda link: host_of(link) == "ivy.example", "(link left out)")
    assert kept == "Look at https://ivy.example/me, not at (link left out)!"
