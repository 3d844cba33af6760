"""The first day, on real sockets: from an empty folder to one's own phone ringing, each vendor's mistake made once and named."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trio

from ivy.cli.voice_hops import BADGE
from tests.cli.conftest import Program, Terminal
from tests.journeys.sockets import (
    ANTHROPIC_KEY,
    APP_SECRET,
    DISPLAY,
    EXPIRED,
    IVYS_NUMBER,
    OF_TODAY,
    OTHER_ANTHROPIC_KEY,
    OTHER_KEY,
    OTHER_SECRET,
    OTHER_WABA,
    PNID,
    RETELL_KEY,
    TOKEN,
    WABA,
    Outside,
    daemon,
    free_port,
    log_beside,
    outside,
    says_hello,
)

ANA = "+12025550143"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
Findings = Mapping[str, Mapping[str, Any]]
ZONES = ("America/New_York", "Europe/Lisbon", "Asia/Tokyo", "Pacific/Auckland")
AT_THE_END = rf"""
Public address +✓ https://localhost:\d+ answers with our own signed probe   ✓ TLS valid 89 days
WhatsApp +✓ token, permanent   ✓ number   ✓ app subscribed   ✓ handshake seen   (· once somebody greeted|· \d times a webhook was).*
 +write "hola" to \+{DISPLAY} …   ✓ heard after \d+ s   ✓ answered   ✓ delivered
Templates +✓ \d+ submitted   ✓ \d+ approved
Model +✓ claude.* is there.*
Retell +✓ key \(webhook badge\)   ✓ agents en, es published
 +test call:   dialling ✓ answered ✓ ended ✓ webhook \d+\.\d s ✓ analysed ✓
Next +tomorrow 07:00 \(in \d+ h \d+ min\): your morning call
Everything is green.
""".strip()


@pytest.fixture
async def vendors(tmp_path: Path) -> AsyncIterator[Outside]:
    async with outside(tmp_path) as found, trio.open_nursery() as nursery:
        nursery.start_soon(found.whatsapp.run)
        nursery.start_soon(found.retell.run)
        yield found
        nursery.cancel_scope.cancel()


class Plain(Terminal):
    """A terminal whose colours and movements are left out of what is read."""

    def _read(self, patience: float = 30.0) -> bool:
        more = super()._read(patience)
        self.shown = CONTROL.sub("", self.shown)
        return more


class Operator:
    """Somebody at a terminal, and what they do at vendors' desks meanwhile."""

    def __init__(self, vendors: Outside, *words: str, **env: str) -> None:
        self.vendors = vendors
        self.terminal = Plain(vendors.folder, ("init", *words), {**vendors.environment, **env})

    async def sees(self, *texts: str) -> None:
        for text in texts:
            await trio.to_thread.run_sync(self.terminal.expect, text)

    async def answers(self, question: str, answer: str) -> None:
        await self.sees(question)
        self.terminal.type(f"{answer}\n")

    async def types(self, *words: str, code: int = 0, **env: str) -> str:
        """Type a command in another terminal; return what it said."""
        program = Program(self.vendors.folder)
        done = await trio.to_thread.run_sync(partial(program, *words, env={**self.vendors.environment, **env}))
        assert done.returncode == code, done.stderr + done.stdout
        return done.stdout


@pytest.mark.shell
async def test_the_first_day(vendors: Outside) -> None:
    desk, retell, now = vendors.whatsapp.setup, vendors.retell, datetime.now(UTC)
    desk.app.subscribed, desk.number.registered, desk.number.quality = False, False, "RED"
    vendors.whatsapp.signs_with = OTHER_SECRET
    vendors.whatsapp.templates.delay = 0.5
    vendors.front.serving = vendors.authority.certifies(now - timedelta(hours=1))
    retell.manners.verified = False
    retell.person_answers(ANA, says_hello())
    operator = Operator(vendors, "--every", "1")
    try:
        await _answer_the_questions(operator)
        await operator.sees("Daemon", "it does not run", "`ivy daemon` in another terminal")
        with daemon(vendors.folder, vendors.environment):
            await _turn_whatsapp_green(operator)
            await _turn_retell_green(operator)
            assert await trio.to_thread.run_sync(operator.terminal.end) == 0
            _see_how_it_ended(operator)
            await _ask_the_doctor(operator)
    finally:
        operator.terminal.close()
    typed = (TOKEN, EXPIRED, OF_TODAY, APP_SECRET, RETELL_KEY, ANTHROPIC_KEY)
    for secret in typed:
        assert secret not in operator.terminal.shown
    _see_no_secrets(vendors.folder, typed)


def _see_no_secrets(folder: Path, typed: tuple[str, ...]) -> None:
    """They are in the files under secrets/, and in nothing else that the run left: the database, its log, the daemon's."""
    made = (folder / "secrets" / name for name in ("seal_key", "whatsapp_verify_token"))
    kept = [path for path in folder.rglob("*") if path.is_file() and path.parent != folder / "secrets"]
    assert {folder / "ivy.toml", folder / "data/ivy.db"} <= set(kept)
    assert "Ivy listens" in log_beside(folder).read_text()
    for secret in (*typed, *(path.read_text().strip() for path in made)):
        assert secret
        for path in (*kept, log_beside(folder)):
            assert secret.encode() not in path.read_bytes(), path


async def _answer_the_questions(operator: Operator) -> None:
    """The screens of `ivy init`, each field wrong once: by its looks, or as its vendor says."""
    await operator.answers("Public address (https://…): ", "https://ivy.invalid")
    await operator.sees("✗ ivy.invalid has no address", "→ let ivy.invalid lead to this machine's public address")
    await operator.answers("Public address (https://…): ", operator.vendors.public)
    await _answer_for_meta(operator)
    await operator.answers("Anthropic key: ", OTHER_ANTHROPIC_KEY)
    await operator.sees("✗ its vendor does not know this key (refused with 401)", "→ console.anthropic.com > API keys")
    await operator.answers("Anthropic key: ", ANTHROPIC_KEY)
    await operator.answers("(may stay empty): ", "")
    await operator.answers("phone people too? (Retell) [y/N]: ", "y")
    await operator.answers("Retell API key: ", OTHER_KEY)
    await operator.sees("✗ the API key is missing or wrong (401)")
    await operator.answers("Retell API key: ", RETELL_KEY)
    await operator.answers("Ivy's own number at Retell: ", IVYS_NUMBER)
    await operator.answers("Your own number, for test calls: ", ANA)
    await operator.answers("when WhatsApp cannot? (Twilio) [y/N]: ", "")
    await operator.answers("when something is wrong? (SMTP) [y/N]: ", "")
    await operator.answers("message templates to Meta for review now? [Y/n]: ", "n")
    await operator.answers("Watch it turn green now?", "")


async def _answer_for_meta(operator: Operator) -> None:
    generate_anew = "→ Business settings > System users > your user > Generate token: this app, no expiry"
    await operator.answers("WhatsApp token: ", "EAAshort")
    await operator.sees("A WhatsApp token begins with EAA")
    await operator.answers("WhatsApp token: ", EXPIRED)
    await operator.sees("✗ the token has expired or is not valid (190)", generate_anew)
    await operator.answers("WhatsApp token: ", OF_TODAY)
    await operator.sees("✗ a temporary token: ", "ends on ", generate_anew)
    await operator.answers("WhatsApp token: ", TOKEN)
    await operator.sees("✓ of the app Ivy, may messaging and management, without expiry")
    await operator.answers("App secret: ", OTHER_SECRET)
    await operator.sees("✗ Meta says that the token is of another app than the app secret")
    await operator.answers("App secret: ", APP_SECRET)
    await operator.answers(f"WhatsApp Business Account id [{WABA}]: ", OTHER_WABA)
    await operator.sees(
        f"✗ the token is for {WABA}, not for {OTHER_WABA}", "→ set whatsapp.waba_id, or make a token for"
    )
    await operator.answers("WhatsApp Business Account id: ", WABA)
    await operator.answers("WhatsApp phone number id", f"+{DISPLAY}")
    await operator.sees("This is a telephone number. Meta gives it an id of about 15 digits")
    await operator.answers("WhatsApp phone number id", "999999999999999")
    await operator.sees(f'→ set whatsapp.phone_number_id = "{PNID}"')
    await operator.answers("WhatsApp phone number id", PNID)


async def _turn_whatsapp_green(operator: Operator) -> None:
    vendors, desk = operator.vendors, operator.vendors.whatsapp.setup
    await operator.sees(f"✗ {vendors.public} has a certificate that has expired → see why the proxy does not renew it")
    vendors.front.serving = vendors.authority.certifies(datetime.now(UTC) + timedelta(days=89, hours=1))
    await operator.sees("answers with our own signed probe   ✓ TLS valid 89 days")
    await operator.sees("✗ registration: ", "is not registered", "ivy whatsapp probe --register")
    desk.number.registered = True
    await operator.sees("✓ token, permanent   ✓ number   · number's quality: RED: people block or report us")
    await operator.sees("→ write less, to those who answer", "✗ subscription: ", "ivy whatsapp probe --subscribe")
    desk.number.quality, desk.app.subscribed = "GREEN", True
    await operator.sees("✓ app subscribed   ✗ webhook form: nobody has filled it in")
    assert not await vendors.fills_in_the_form("another token")
    await operator.sees(
        "✗ once somebody greeted us with another verify token → type the words of secrets/whatsapp_verify_token"
    )
    assert await vendors.fills_in_the_form((vendors.folder / "secrets/whatsapp_verify_token").read_text().strip())
    await operator.sees("✓ handshake seen", f'write "hola" to +{DISPLAY} …   … nothing heard yet')
    await vendors.whatsapp.person_says(ANA, "hola")
    await operator.sees("a webhook was refused for its signature: it was signed with another app secret → Meta's app")
    vendors.whatsapp.signs_with = APP_SECRET
    await vendors.whatsapp.person_says(ANA, "hola")
    await operator.sees("✓ heard after", "✓ answered", "✓ delivered")
    await operator.sees("Templates        ✗ none is submitted", "agent ivy-en: there is none → ivy voice agents sync")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(operator.types, "whatsapp", "templates", "submit")
        nursery.start_soon(operator.types, "voice", "agents", "sync", "--bind")
    await operator.sees(" submitted   ✓ ", " approved", "✓ agents en, es published")


async def _turn_retell_green(operator: Operator) -> None:
    retell = operator.vendors.retell
    told = ("--name", "Ana", "--phone", ANA, "--zone", _by_day(), "--consent", "yes, write to me")
    called = ("--mode", "voice", "--consent-calls", "yes, call me", "--morning", "07:00")
    await operator.types("onboard", *told, *called)
    await operator.answers("phone you now, 20 s, about $0.0", "")
    await operator.sees(
        "✗ KYC pending: no outbound calls yet → Retell's dashboard > Phone Numbers > your number: verify your identity"
    )
    assert not retell.placed
    retell.manners.verified, retell.outgoing.key = True, OTHER_KEY
    await operator.types("switch", "channel.retell", "on")
    await operator.sees("✗ key: webhooks of Retell's are signed with another key", f"→ {BADGE}")
    assert [call.to_number for call in retell.placed] == [ANA], "the operator's own phone rang"
    retell.outgoing.key = RETELL_KEY
    await operator.sees("✓ key (webhook badge)   ✓ agents en, es published")


def _by_day() -> str:
    """Return a zone in which the next 07:00 is tomorrow's."""
    return next(zone for zone in ZONES if datetime.now(ZoneInfo(zone)).hour >= 7)


def _see_how_it_ended(operator: Operator) -> None:
    """The last list that was drawn, whole: the call, and when Ivy rings next."""
    lines = [line.rstrip() for line in operator.terminal.shown.replace("\r", "\n").splitlines()]
    begins = max(number for number, line in enumerate(lines) if line.startswith("Public address"))
    assert re.fullmatch(AT_THE_END, "\n".join(filter(None, lines[begins:]))), "\n".join(lines[begins:])


async def _ask_the_doctor(operator: Operator) -> None:
    """Nothing is missing after such a day; what may go wrong later is named: the hop, the evidence, what to do."""
    vendors, told = operator.vendors, dict[str, Findings]()
    vendors.whatsapp.setup.number.quality = "YELLOW"
    wrong = {
        "IVY_SERVER__PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
        "IVY_CALLS__LONGEST_SECONDS": "120",
        "IVY_WHATSAPP__BASE_URL": vendors.addresses["whatsapp, by another clock"],
        "IVY_WHATSAPP__TOKEN": OF_TODAY,
    }

    async def ask(name: str, code: int, more: Mapping[str, str]) -> None:
        said = json.loads(await operator.types("doctor", "--live", "--json", code=code, **more))
        told[name] = {each["what"]: each for each in said["findings"]}

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, "as it is", 0, dict[str, str]())
        nursery.start_soon(ask, "as it may become", 1, wrong)
    found = told["as it is"]
    hops = ("TLS", "proxy", "signature", "clock skew", "token's lifetime", "subscription")
    assert {found[hop]["state"] for hop in (*hops, "Retell's agent ivy-en", "Retell's way back")} == {"ok"}, found
    assert "valid 89 days" in found["TLS"]["found"]
    found = told["as it may become"]
    for hop, state, evidence, mend in (
        ("proxy", "missing", "cannot be reached", "start the proxy, and open its port"),
        (
            "clock skew",
            "missing",
            r"this machine is (39\d|40\d) s behind 127.0.0.1: webhooks are refused",
            "timedatectl",
        ),
        ("token's lifetime", "look", "ends on 20..-..-..", "Generate token: this app, no expiry"),
        ("number's quality", "look", "YELLOW: people block or report us", "write less, to those who answer"),
        ("Retell's agent ivy-en", "missing", "its words or tools changed", "ivy voice agents sync"),
    ):
        assert found[hop]["state"] == state and re.search(evidence, found[hop]["found"]), found[hop]
        assert mend in found[hop]["mend"]


@pytest.mark.shell
async def test_what_only_the_shell_knows_is_said_before_a_service_misses_it(vendors: Outside) -> None:
    """Address and key in environment variables, not typed: all is well here, and ivy.toml has neither."""
    given = {"IVY_SERVER__PUBLIC_URL": vendors.public, "IVY_WHATSAPP__TOKEN": TOKEN}
    operator = Operator(vendors, **given)
    try:
        await operator.sees(
            f"· Public address (https://…): {vendors.public}, by IVY_SERVER__PUBLIC_URL of this shell alone"
        )
        await operator.sees(
            "→ put it into ivy.toml as server.public_url, or let the daemon start with the same variable"
        )
        await operator.sees(
            "· WhatsApp token: set, by IVY_WHATSAPP__TOKEN of this shell alone: a service does not have it"
        )
        await operator.sees("→ put it into secrets/ and whatsapp.token_file, or let the daemon start with the same")
        assert await trio.to_thread.run_sync(operator.terminal.interrupt) != 0
    finally:
        operator.terminal.close()
    assert TOKEN not in operator.terminal.shown
    assert "# public_url" in (vendors.folder / "ivy.toml").read_text()
