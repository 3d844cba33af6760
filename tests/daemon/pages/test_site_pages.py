"""/privacy and /terms: true to the configuration, in two languages, alone on their page; nowhere while nobody is named."""

import re
import shutil
import subprocess
import zlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from quart import Response

from ivy.config import CharitySection, Config, ExperimentSection, Secret, SiteSection
from ivy.daemon import web
from ivy.daemon.context import Context
from ivy.daemon.pages import privacy, site, terms
from ivy.daemon.pages.frame import Part
from ivy.daemon.web import Health
from ivy.daemon.webhooks import GUARDS
from ivy.errors import ConfigError
from tests.loopback import on_loopback

NAMED = SiteSection(name="Ana & Co", address="Calle 1 #2-3, Bogotá", mail="ana@example.org", country="Colombia")
LARGEST_PAGE = 50_000


def changed(config: Config, **sections: dict[str, object]) -> Config:
    for name, values in sections.items():
        section = msgspec.structs.replace(getattr(config, name), **values)
        config = msgspec.structs.replace(config, **{name: section})
    return config


BARE = changed(Config(site=NAMED), whatsapp={"enabled": False}, memory={"embedder": "none"})
KEY = Secret("sk-never-used")


def words_of(parts: list[Part]) -> str:
    return "\n".join(line for part in parts for line in (part.heading, *part.lines))


def both(config: Config) -> str:
    return "\n".join(words_of(privacy.parts(config, language)) for language in ("en", "es"))


def with_model(role: str, **values: object) -> Config:
    return changed(BARE, models={role: msgspec.structs.replace(getattr(BARE.models, role), **values)})


def both_models() -> Config:
    named = {role: msgspec.structs.replace(getattr(BARE.models, role), api_key=KEY) for role in ("primary", "fallback")}
    return changed(BARE, models=named)


TWO = both_models()
SEEN: dict[str, tuple[Config, tuple[str, ...]]] = {
    "nobody": (BARE, ()),
    "whatsapp": (changed(BARE, whatsapp={"enabled": True}), ("WhatsApp",)),
    "an agent of one's own": (changed(BARE, solo={"enabled": True}), ("WhatsApp",)),
    "two models": (TWO, ("Anthropic", "OpenAI")),
    "a model elsewhere": (with_model("fallback", base_url="https://models.example.net/v1"), ("models.example.net",)),
    "a model on this machine": (with_model("fallback", base_url="http://127.0.0.1:11434/v1"), ()),
    "no vendor": (with_model("primary", vendor="", model=""), ()),
    "ears": (changed(BARE, transcription={"api_key": KEY, "base_url": ""}), ("OpenAI",)),
    "ears of one's own": (changed(BARE, transcription={"base_url": "http://localhost:9000"}), ()),
    "an embedder": (changed(BARE, memory={"embedder": "auto", "api_key": KEY}), ("OpenAI",)),
    "an embedder without a key": (changed(BARE, memory={"embedder": "auto"}), ()),
    "calls": (changed(BARE, voice={"enabled": True}), ("Retell AI",)),
    "texts": (changed(BARE, sms={"enabled": True}), ("Twilio",)),
    "mails": (changed(BARE, mail={"enabled": True, "host": "smtp.example.net"}), ("smtp.example.net",)),
    "alerts": (changed(BARE, operator={"webhook_url": "https://alerts.example.net/x?key=1"}), ("alerts.example.net",)),
}  # fmt: skip
COMPANIES = {name for _config, names in SEEN.values() for name in names}


def test_each_company_is_named_exactly_where_it_is_given_something() -> None:
    for what, (config, names) in SEEN.items():
        for language in ("en", "es"):
            told = words_of(privacy.parts(config, language))
            assert {name for name in COMPANIES if name in told} == set(names), (what, language)


def test_only_what_is_switched_on_is_spoken_of() -> None:
    for config, words in (
        (changed(BARE, voice={"enabled": True}), ("said in a call", "Lo dicho en una llamada")),
        (changed(BARE, backup={"folder": "/srv/copies"}), ("Encrypted copies", "Copias cifradas")),
        (
            msgspec.structs.replace(BARE, experiments={"retry": ExperimentSection()}),
            ("may differ between people", "variar al azar"),
        ),
        (changed(BARE, giving={"charities": {"water": CharitySection("Water")}}), ("gifts", "donaciones")),
        (changed(BARE, mail={"enabled": True}), ("a link that ends", "un enlace para no")),
        (changed(BARE, solo={"enabled": True}), ("not end-to-end encrypted", "no va cifrado")),
        (
            changed(BARE, solo={"enabled": True}, whatsapp={"enabled": True}),
            ("knows your number", "conoce tu número", "not end-to-end encrypted", "no va cifrado"),
        ),
    ):
        for each in words:
            assert each in both(config) and each not in both(BARE)
    gifts = changed(BARE, giving={"charities": {"water": CharitySection("Water")}})
    assert "pledge" in words_of(terms.parts(gifts, "en")) and "pledge" not in words_of(terms.parts(BARE, "en"))


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 730), st.integers(1, 99))
def test_every_time_is_the_configured_one(raw: int, files: int, calls: int, retell: int, copies: int) -> None:
    config = changed(
        BARE,
        store={"keep_raw_days": float(raw)},
        media={"keep_days": float(files)},
        calls={"transcript_days": calls},
        voice={"enabled": True, "retention_days": retell},
        backup={"folder": "copies", "keep": copies, "every_hours": 12.0},
    )
    for language, day in (("en", "day"), ("es", "día")):
        told = next(
            words_of([part])
            for part in privacy.parts(config, language)
            if part.heading in ("How long", "Cuánto tiempo")
        )
        for number in (raw, files, calls, retell):
            assert re.search(rf"\b{number} {day}s?\b", told), told
        assert f" {copies}," in told and "12 hor" in told.replace("12 hours", "12 horas")


def test_a_day_is_one_day() -> None:
    for number, english, spanish in (
        (1, "1 day", "1 día"),
        (2.5, "2.5 days", "2.5 días"),
        (0.5, "12 hours", "12 horas"),
    ):
        assert privacy.days(number, privacy.telling("en")) == english
        assert privacy.days(number, privacy.telling("es")) == spanish


# --- how it looks ------------------------------------------------------------------------------------


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.seen if tag == name]


async def ask(
    context: Context, config: Config, path: str, language: str = "", own: dict[str, str] | None = None
) -> Response:
    app = web.public_app(replace(context, config=config, site_texts=own or {}), Health())
    return await app.test_client().get(path, headers={"Accept-Language": language})


FULL = changed(
    Config(site=NAMED),
    voice={"enabled": True},
    sms={"enabled": True},
    mail={"enabled": True, "host": "smtp.example.net"},
    transcription={"api_key": KEY},
    backup={"folder": "copies"},
    giving={"charities": {"water": CharitySection("Water")}},
)


async def test_each_page_stands_alone_is_small_and_guarded(real_context: Context) -> None:
    for path in ("/privacy", "/terms"):
        for language in ("en", "es"):
            response = await ask(real_context, FULL, path, language)
            html = await response.get_data(as_text=True)
            page = Page(html)
            assert response.status_code == 200 and len(html.encode()) < LARGEST_PAGE
            assert page.of("html") == [{"lang": language}] and response.headers["Content-Language"] == language
            assert len(page.of("title")) == len(page.of("h1")) == len(page.of("main")) == 1
            assert [each["href"] for each in page.of("a")] == [f"?lang={'es' if language == 'en' else 'en'}"]
            assert not {"script", "link", "img", "iframe", "form", "object"} & {tag for tag, _attributes in page.seen}
            assert "url(" not in html and "http" not in html and not re.search(r"\son\w+=", html)
            assert "Ana &amp; Co" in html and "ana@example.org" in html
            [style] = re.findall("<style>(.*?)</style>", html)
            policy = response.headers["Content-Security-Policy"]
            assert f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
            assert "default-src 'none'" in policy and "unsafe" not in policy
            for name, value in GUARDS.items():
                assert response.headers.getlist(name) == [value] or name == "Content-Security-Policy"
            assert "Set-Cookie" not in response.headers


async def test_the_language_is_the_readers_and_a_link_changes_it(real_context: Context) -> None:
    for path, language, title in (
        ("/privacy", "es-CO,es;q=0.9", "Privacidad"),
        ("/privacy", "", "Privacy"),
        ("/privacy?lang=es", "en", "Privacidad"),
        ("/privacy?lang=en", "es", "Privacy"),
        ("/privacy?lang=xx", "es", "Privacidad"),
        ("/terms?lang=es", "", "Condiciones"),
    ):
        html = await (await ask(real_context, FULL, path, language)).get_data(as_text=True)
        assert f"<h1>{title}</h1>" in html, path


async def test_while_nobody_is_named_there_is_one_plain_line(real_context: Context) -> None:
    for lacking in (SiteSection(), SiteSection(name="Ana"), SiteSection(mail="ana@example.org")):
        for path in ("/privacy", "/terms"):
            response = await ask(real_context, Config(site=lacking), path)
            text = await response.get_data(as_text=True)
            assert (response.status_code, text.count("\n")) == (404, 1) and "<" not in text


# --- words of one's own --------------------------------------------------------------------------------


async def test_words_of_ones_own_stand_there_instead(real_context: Context, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("We keep\nlittle.\n\n# Who\r\n\r\nUs & <b>them</b>.\n\n\n# Where\nHere.\n")
    named = msgspec.structs.replace(NAMED, privacy_file="mine.txt")
    own = site.own_texts(named, tmp_path)
    html = await (await ask(real_context, Config(site=named), "/privacy", own=own)).get_data(as_text=True)
    assert (
        "<p>We keep little.</p><h2>Who</h2><p>Us &amp; &lt;b&gt;them&lt;/b&gt;.</p><h2>Where</h2><p>Here.</p>" in html
    )
    assert "WhatsApp" not in html and "<a " not in html
    assert "<h1>Terms</h1>" in await (await ask(real_context, Config(site=named), "/terms", own=own)).get_data(
        as_text=True
    )


def test_words_that_cannot_be_read_are_named_by_their_key(tmp_path: Path) -> None:
    makes: dict[str, Callable[[Path], object]] = {
        "cannot be read": lambda path: path.write_bytes(b"\xff"),
        "longer than": lambda path: path.write_text("x" * (site.LARGEST_TEXT + 1)),
    }
    for reason, make in makes.items():
        make(tmp_path / "mine.txt")
        with pytest.raises(ConfigError, match=rf"site\.terms_file: .*{reason}"):
            site.own_texts(SiteSection(terms_file="mine.txt"), tmp_path)
    with pytest.raises(ConfigError, match="FileNotFoundError"):
        site.own_texts(SiteSection(privacy_file="nowhere"), tmp_path)


@given(st.text())
def test_any_text_makes_a_page(text: str) -> None:
    told = site.own_parts(text)
    assert all(part.heading or part.lines for part in told)
    assert sum(len(line) for part in told for line in (part.heading, *part.lines)) <= len(text)


# --- in a browser --------------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.shell
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; apt-get install chromium")
async def test_a_browser_draws_it_in_its_own_colours(real_context: Context, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    app = web.public_app(replace(real_context, config=FULL), Health())
    async with on_loopback(app) as address:
        words = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"]
        words += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--window-size=390,844"]
        with trio.fail_after(60):
            await trio.run_process(
                [*words, f"--screenshot={picture}", f"{address}/privacy"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    assert first_pixel(picture.read_bytes()) == (0xF3, 0xF6, 0xF1)  # the ground: its policy let its own style in


def first_pixel(png: bytes) -> tuple[int, ...]:
    """Return the colour at the top left; whatever a PNG filters its first pixel by changes nothing."""
    chunks: list[bytes] = []
    at = 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            chunks.append(png[at + 8 : at + 8 + size])
        at += size + 12
    return tuple(zlib.decompress(b"".join(chunks))[1:4])
