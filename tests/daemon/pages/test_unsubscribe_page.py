"""The page that ends a person's mails: opening it does nothing, a click does, twice is once."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from quart import Response
from quart_trio import QuartTrio

from ivy.daemon.pages.frame import language_of
from ivy.daemon.pages.unsubscribe import ASK, BUSY, DONE, PATH, UNKNOWN, unsubscribe_routes
from ivy.daemon.webhooks import GUARDS
from ivy.domain import unsubscribe
from ivy.domain.unsubscribe import Subscription
from ivy.errors import StoreBusy

OLD, NEW = b"o" * 32, b"n" * 32
CLICK = {"List-Unsubscribe": "One-Click"}
LINK = PATH + unsubscribe.token(OLD, Subscription("ana-1", "mail"))


@dataclass
class Site:
    ended: list[str] = field(default_factory=list[str])
    busy: bool = False

    def __post_init__(self) -> None:
        app = QuartTrio(__name__)
        app.register_blueprint(unsubscribe_routes([NEW, OLD], self._end))
        self.client = app.test_client()

    async def _end(self, user_id: str) -> None:
        if self.busy:
            raise StoreBusy("full")
        self.ended.append(user_id)

    async def get(self, path: str, language: str = "") -> Response:
        return await self.client.get(path, headers={"Accept-Language": language})

    async def post(self, path: str, form: dict[str, str] | None = None) -> Response:
        return await self.client.post(path, form=form or CLICK)


@pytest.fixture
def site() -> Site:
    return Site()


async def body(response: Response) -> str:
    return (await response.get_data(as_text=True)).replace("&#x27;", "'")


async def test_opening_the_link_asks_and_changes_nothing(site: Site) -> None:
    for _visit in range(3):
        response = await site.get(LINK)
        assert response.status_code == 200 and ASK["en"].title in await body(response)
    assert (await site.client.head(LINK)).status_code == (await site.client.options(LINK)).status_code == 200
    assert (await site.client.put(LINK)).status_code == 405
    assert not site.ended


async def test_the_button_sends_what_a_mail_program_sends(site: Site) -> None:
    asked = await body(await site.get(LINK))
    [form] = re.findall(r"<form.*?</form>", asked)
    assert 'method="post"' in form and "action" not in form
    fields = dict(re.findall(r'<button name="([^"]+)" value="([^"]+)">', form))
    assert fields == CLICK
    response = await site.post(LINK, fields)
    assert response.status_code == 200 and DONE["en"].title in await body(response)
    assert site.ended == ["ana-1"]


async def test_clicking_again_is_answered_the_same(site: Site) -> None:
    answers = [await body(await site.post(LINK)) for _click in range(2)]
    assert answers[0] == answers[1] and set(site.ended) == {"ana-1"}


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
        ),
    ],
)
async def test_a_mail_programs_one_click_counts_in_either_form(site: Site, kind: str, sent: bytes) -> None:
    response = await site.client.post(LINK, data=sent, headers={"Content-Type": kind})
    assert response.status_code == 200 and "Location" not in response.headers and "Set-Cookie" not in response.headers
    assert site.ended == ["ana-1"]


@pytest.mark.parametrize(
    ("kind", "sent", "status"),
    [
        ("application/x-www-form-urlencoded", b"", 400),
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=Maybe", 400),
        ("application/x-www-form-urlencoded", b"\xff\xfe%ff=%zz", 400),
        ("application/json", b'{"List-Unsubscribe": "One-Click"}', 400),
        ("multipart/form-data", b"no boundary", 400),
        ("multipart/form-data; boundary=b", b"--b\r\nbroken", 400),
        ("text/plain", b"List-Unsubscribe=One-Click", 400),
    ],
)
async def test_a_post_that_is_no_click_changes_nothing(site: Site, kind: str, sent: bytes, status: int) -> None:
    response = await site.client.post(LINK, data=sent, headers={"Content-Type": kind})
    assert response.status_code == status
    assert not site.ended


TOKEN = LINK.removeprefix(PATH)


@pytest.mark.parametrize(
    "token",
    [
        "x",
        TOKEN[:-1],
        TOKEN + "x",
        TOKEN.swapcase(),
        "%00%ff%0d%0a",
        "x" * 5000,
        unsubscribe.token(b"k" * 32, Subscription("ana-1", "mail")),
        unsubscribe.token(OLD, Subscription("ana-1", "sms")),
        unsubscribe.token(OLD, Subscription("ana-1", "mail", "digest")),
    ],
)
async def test_a_wrong_token_meets_one_plain_page(site: Site, token: str) -> None:
    for response in (await site.get(PATH + token), await site.post(PATH + token)):
        assert response.status_code == 404 and UNKNOWN["en"].title in await body(response)
        assert "<form" not in await body(response)
    assert not site.ended


async def test_a_store_that_is_full_asks_to_come_again(site: Site) -> None:
    site.busy = True
    response = await site.post(LINK)
    assert response.status_code == 503 and response.headers["Retry-After"] and BUSY["en"].title in await body(response)
    site.busy = False
    assert (await site.post(LINK)).status_code == 200 and site.ended == ["ana-1"]


# --- how it looks ----------------------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.seen if tag == name]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", ["ask", "done", "unknown"])
async def test_every_page_stands_alone_and_can_be_read_aloud(site: Site, language: str, kind: str) -> None:
    if kind == "done":
        response = await site.client.post(LINK, form=CLICK, headers={"Accept-Language": language})
    else:
        response = await site.get(LINK if kind == "ask" else PATH + "x", language)
    html = await body(response)
    tags, words = Tags(html), {"ask": ASK, "done": DONE, "unknown": UNKNOWN}[kind][language]
    assert len(html.encode()) < 10_000
    assert tags.of("html") == [{"lang": language}] and response.headers["Content-Language"] == language
    assert len(tags.of("title")) == len(tags.of("h1")) == len(tags.of("main")) == 1
    assert "width=device-width" in str(tags.of("meta"))
    for text in (words.title, *words.paragraphs, words.button):
        assert text in html
    # Nothing runs, nothing is fetched, nothing follows.
    assert not {"script", "link", "img", "iframe", "a"} & {tag for tag, _attributes in tags.seen}
    assert "url(" not in html and "http" not in html and " on" not in str(tags.seen)


async def test_every_page_is_guarded_and_its_policy_allows_its_own_style_only(site: Site) -> None:
    for response in (await site.get(LINK), await site.post(LINK), await site.get(PATH + "x")):
        policy = response.headers["Content-Security-Policy"]
        for name, value in GUARDS.items():
            assert response.headers[name] == value or name == "Content-Security-Policy"
        assert all(part in policy for part in GUARDS["Content-Security-Policy"].split("; "))
        [style] = re.findall("<style>(.*?)</style>", await body(response))
        assert f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
        assert "form-action 'self'" in policy and "unsafe" not in policy


def test_colours_can_be_told_apart() -> None:
    from ivy.daemon.pages import frame

    light, dark = vars(frame)["_STYLE"].split("@media")[0], vars(frame)["_STYLE"].split("@media")[1]
    for scheme in (light, dark):
        colours = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]+)", scheme))
        for ink, ground in (("ink", "card"), ("quiet", "card"), ("on-leaf", "leaf")):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def contrast(one: str, other: str) -> float:
    """Source: WCAG 2.2, contrast ratio."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("es", "es"),
        ("es-CO,es;q=0.9,en;q=0.8", "es"),
        ("en-GB,es;q=0.9", "en"),
        ("fr-FR, pt;q=0.9, es;q=0.5, en;q=0.4", "es"),
        ("en;q=0, es;q=0.1", "es"),
        ("ES-419", "es"),
        ("de", "en"),
        (";;q=x,=,es;q=nonsense", "en"),
        ("es;q=nan", "en"),
    ],
)
def test_the_page_speaks_the_readers_language(accepted: str, language: str) -> None:
    assert language_of(accepted) == language
