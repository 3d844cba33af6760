"""The first day, on real sockets: from an empty folder to one's own phone ringing, each vendor's mistake made once and named."""

import json
import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import trio

from tests.cli.conftest import Program, Terminal
from tests.journeys.sockets import (
    APP_SECRET,
    DISPLAY,
    IVYS_NUMBER,
    OTHER_KEY,
    OTHER_SECRET,
    PNID,
    RETELL_KEY,
    TOKEN,
    WABA,
    Outside,
    daemon,
    free_port,
    outside,
    says_hello,
)

ANA = "+12025550143"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


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

    def __init__(self, vendors: Outside) -> None:
        self.vendors = vendors
        self.terminal = Plain(vendors.folder, ("init", "--every", "1"), vendors.environment)

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
    desk, retell = vendors.whatsapp.setup, vendors.retell
    desk.app.subscribed, desk.number.registered = False, False
    vendors.whatsapp.templates.delay = 0.5
    retell.person_answers(ANA, says_hello())
    operator = Operator(vendors)
    try:
        await _answer_the_questions(operator)
        await operator.sees("Daemon", "it does not run", "`ivy daemon` in another terminal")
        with daemon(vendors.folder, vendors.environment):
            await _turn_whatsapp_green(operator)
            await _turn_retell_green(operator)
            assert await trio.to_thread.run_sync(operator.terminal.end) == 0
            await _ask_the_doctor(operator)
    finally:
        operator.terminal.close()
    assert TOKEN not in operator.terminal.shown and APP_SECRET not in operator.terminal.shown


async def _answer_the_questions(operator: Operator) -> None:
    """The screens of `ivy init`, each field wrong once: by its looks, or as its vendor says."""
    desk = operator.vendors.whatsapp.setup
    await operator.sees("✓ Public address")
    await operator.answers("WhatsApp token: ", "EAAshort")
    await operator.sees("A WhatsApp token begins with EAA")
    soon = operator.vendors.whatsapp.now()
    desk.of_token.expires_at = soon.replace(microsecond=0)
    await operator.answers("WhatsApp token: ", TOKEN)
    await operator.sees("✗ it expired", "→ Business settings > System users")
    desk.of_token.expires_at = None
    await operator.answers("WhatsApp token: ", TOKEN)
    await operator.answers("App secret: ", OTHER_SECRET)
    await operator.sees("✗ Meta says that the token is of another app than the app secret")
    await operator.answers("App secret: ", APP_SECRET)
    await operator.answers(f"WhatsApp Business Account id [{WABA}]: ", "")
    await operator.answers("WhatsApp phone number id", f"+{DISPLAY}")
    await operator.sees("This is a telephone number. Meta gives it an id of about 15 digits")
    await operator.answers("WhatsApp phone number id", "999999999999999")
    await operator.sees(f'→ set whatsapp.phone_number_id = "{PNID}"')
    await operator.answers("WhatsApp phone number id", PNID)
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


async def _turn_whatsapp_green(operator: Operator) -> None:
    vendors, desk = operator.vendors, operator.vendors.whatsapp.setup
    await operator.sees("answers with our own signed probe")
    await operator.sees("✗ registration: ", "is not registered", "ivy whatsapp probe --register")
    desk.number.registered = True
    await operator.sees("✓ token, permanent   ✓ number   ✗ subscription: ", "ivy whatsapp probe --subscribe")
    desk.app.subscribed = True
    await operator.sees("✓ app subscribed   ✗ webhook form: nobody has filled it in")
    assert not await vendors.fills_in_the_form("another token")
    await operator.sees(
        "✗ once somebody greeted us with another verify token → type the words of secrets/whatsapp_verify_token"
    )
    assert await vendors.fills_in_the_form((vendors.folder / "secrets/whatsapp_verify_token").read_text().strip())
    await operator.sees("✓ handshake seen", f'write "hola" to +{DISPLAY} …   … nothing heard yet')
    await operator.sees("Templates        ✗ none is submitted")
    await operator.types("whatsapp", "templates", "submit")
    await vendors.whatsapp.person_says(ANA, "hola")
    await operator.sees("✓ heard after", "✓ answered", "✓ delivered")
    await operator.sees(" submitted   ✓ ", " approved")


async def _turn_retell_green(operator: Operator) -> None:
    retell = operator.vendors.retell
    await operator.sees("agent ivy-en: there is none → ivy voice agents sync")
    await operator.types("voice", "agents", "sync", "--bind")
    await operator.sees("✓ agents en, es published")
    told = ("--name", "Ana", "--phone", ANA, "--zone", "America/New_York", "--consent", "yes, write to me")
    await operator.types("onboard", *told, "--mode", "text", "--morning", "07:00")
    retell.outgoing.key = OTHER_KEY
    await operator.answers("phone you now, 20 s, about $0.0", "")
    await operator.sees("✗ key: webhooks of Retell's are signed with another key", "give the webhook badge to this key")
    retell.outgoing.key = RETELL_KEY
    await operator.sees("✓ key (webhook badge)   ✓ agents en, es published")
    await operator.sees("test call:   dialling ✓ answered ✓ ended ✓ webhook ", " s ✓ analysed ✓")
    await operator.sees("Next", "07:00 (in ", "your morning message", "Everything is green.")


async def _ask_the_doctor(operator: Operator) -> None:
    """Nothing is missing after such a day; an address that leads nowhere, and agents a change behind, are named."""
    told = json.loads(await operator.types("doctor", "--live", "--json"))
    found = {each["what"]: each["state"] for each in told["findings"]}
    hops = (
        "proxy",
        "signature",
        "clock skew",
        "token's lifetime",
        "subscription",
        "Retell's agent ivy-en",
        "Retell's way back",
    )
    assert {found[hop] for hop in hops} == {"ok"}, found
    wrong = {"IVY_SERVER__PUBLIC_URL": f"http://127.0.0.1:{free_port()}", "IVY_CALLS__LONGEST_SECONDS": "120"}
    told = json.loads(await operator.types("doctor", "--live", "--json", code=1, **wrong))
    lacking = {each["what"]: (each["found"], each["mend"]) for each in told["findings"] if each["state"] == "missing"}
    assert "cannot be reached" in lacking["proxy"][0]
    assert lacking["Retell's agent ivy-en"] == ("its words or tools changed", "ivy voice agents sync")
