"""`ivy init` asks Twilio and the mail server about what was typed, as soon as all of it is there."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trio

from ivy.cli.first_configuration import ITEMS
from ivy.cli.init_checks import Checks, Verdict
from ivy.config import Config, MailSection, SmsSection
from ivy.emulators.mailbox import Mailboxes
from ivy.emulators.smtp import SmtpEmulator
from ivy.emulators.twilio import TwilioEmulator
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
