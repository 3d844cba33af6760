"""`ivy init` asks Twilio and the mail server about what was typed, as soon as all of it is there."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trio

from ivy.cli.first_configuration import ITEMS
from ivy.cli.init_checks import Checks, Verdict
from ivy.cli.init_screens import looks_wrong, variables
from ivy.config import Config, MailSection, ModelSection, ModelsSection, Secret, SmsSection, WhatsAppSection
from ivy.emulators.mailbox import Mailboxes
from ivy.emulators.smtp import SmtpEmulator
from ivy.emulators.twilio import TwilioEmulator
from ivy.emulators.whatsapp import WhatsAppEmulator
from tests.loopback import on_loopback

ITEM = {item.key: item for item in ITEMS}
SID, TOKEN = f"AC{'1' * 32}", "0123456789abcdef" * 2
NOW = datetime(2026, 11, 22, tzinfo=UTC)


async def _nowhere(_body: bytes, _headers: Any) -> Any:
    raise AssertionError("nothing is sent to anybody")


async def judged(checks: Checks, key: str, answer: str) -> Verdict:
    return await trio.to_thread.run_sync(checks.judge, ITEM[key], answer)


async def test_twilio_says_whether_it_knows_the_token_for_this_account(tmp_path: Path) -> None:
    twilio = TwilioEmulator(
        account_sid=SID,
        auth_token=TOKEN,
        number="+447700900123",
        webhook_url="https://ivy.example.org/api/sms/webhook",
        deliver=_nowhere,
        now=lambda: NOW,
    )
    async with on_loopback(twilio.app) as address:
        checks = Checks(Config(sms=SmsSection(base_url=address)), tmp_path)
        assert await judged(checks, "sms.auth_token_file", TOKEN) == Verdict()  # of which account?
        checks.take(ITEM["sms.account_sid"], SID)
        wrong = await judged(checks, "sms.auth_token_file", "f" * 32)
        assert "401" in wrong.wrong and "sms.auth_token_file" in wrong.mend
        right = await judged(checks, "sms.auth_token_file", TOKEN)
        assert (right.wrong, "is active" in right.told) == ("", True)


async def test_an_account_of_somebody_else_is_no_account_of_this_token(tmp_path: Path) -> None:
    meta = WhatsAppEmulator(
        app_secret="0" * 32, token="EAA", phone_number_id="1065", verify_token="", deliver=_nowhere, now=lambda: NOW, waba_id="1022"
    )  # fmt: skip
    async with on_loopback(meta.app) as address:
        section = WhatsAppSection(base_url=address, token=Secret("EAA"))
        checks = Checks(Config(whatsapp=section), tmp_path)
        wrong = await judged(checks, "whatsapp.waba_id", "1023")
        assert (wrong.wrong, wrong.told) == ("the token is for 1022, not for 1023", "")
        meta.setup.of_token.is_told = False  # a token that Meta says nothing of: the account itself is asked
        wrong = await judged(checks, "whatsapp.waba_id", "1023")
        assert wrong.wrong.startswith("Meta shows this token no account 1023: ") and "API Setup" in wrong.mend
        right = await judged(checks, "whatsapp.waba_id", "1022")
        assert (right.wrong, right.told) == ("", "Meta knows it: +15550783881")


def unreachable(folder: Path) -> Checks:
    return Checks(Config(whatsapp=WhatsAppSection(base_url="http://127.0.0.1:9", token=Secret("EAA"))), folder)


async def test_what_nobody_could_say_is_not_called_right(tmp_path: Path) -> None:
    said = await judged(unreachable(tmp_path), "whatsapp.token_file", "EAA")
    assert (said.wrong, said.sure) == ("", False) and "looked at again later" in said.told


def test_a_key_for_anthropic_is_asked_for_wherever_anthropic_is() -> None:
    key, fallback = ITEM["models.primary.api_key_file"], ITEM["models.fallback.api_key_file"]
    gateway = ModelSection(vendor="anthropic", model="claude", base_url="https://llm.example.org")
    ours = ModelSection(vendor="openai", model="local", base_url="http://127.0.0.1:11434/v1")
    config = Config(models=ModelsSection(primary=gateway, fallback=ours))
    assert key.lacks(config) and not fallback.lacks(config), "a server of one's own may need none"
    assert looks_wrong(key, "of-the-gateway", config) == "" and looks_wrong(key, "of-the-gateway", Config())


def test_a_variable_of_the_shell_is_known_by_its_name() -> None:
    token, address = ITEM["whatsapp.token_file"], ITEM["server.public_url"]
    shell = {"IVY_WHATSAPP__TOKEN": "EAA", "IVY_WHATSAPP__TOKEN_FILE": "", "IVY_SERVER__PUBLIC_URL": "https://ivy.test"}
    assert variables(token, shell) == ["IVY_WHATSAPP__TOKEN"]
    assert variables(address, shell) == ["IVY_SERVER__PUBLIC_URL"] and variables(address, {}) == []


async def test_the_mail_server_says_whether_it_lets_us_in(tmp_path: Path, nursery: trio.Nursery) -> None:
    boxes = Mailboxes(accounts={"ivy": "right"})
    port: int = await nursery.start(SmtpEmulator(boxes).serve)
    checks = Checks(Config(mail=MailSection(port=port, tls="none")), tmp_path)
    assert await judged(checks, "mail.sender", "Ivy <ivy@example.org>") == Verdict()  # by which server?
    for key, answer in (("mail.host", "127.0.0.1"), ("mail.user", "ivy"), ("mail.password_file", "hunter2")):
        assert await judged(checks, key, answer) == Verdict()
        checks.take(ITEM[key], answer)
    wrong = await judged(checks, "mail.sender", "Ivy <ivy@example.org>")
    assert wrong.wrong and "hunter2" not in str(wrong)
    checks.take(ITEM["mail.password_file"], "right")
    assert (await judged(checks, "mail.sender", "Ivy <ivy@example.org>")).told == "127.0.0.1 lets us in"
    assert boxes.letters == []
    nursery.cancel_scope.cancel()


def test_a_sender_is_an_address_with_or_without_a_name() -> None:
    judge = ITEM["mail.sender"].judge
    for right in ("ivy@example.org", "Ivy <ivy@example.org>", "Ivy, your coach <ivy@mail.example.org>"):
        assert judge(right) == ""
    for wrong in (
        "ivy",
        "ivy@",
        "Ivy ivy@example.org",
        "Ivy <ivy@example.org",
        "ivy@example.org>",
        "<ivy@example.org>x",
    ):
        assert judge(wrong), wrong
