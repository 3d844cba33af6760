"""The mail emulator holds callers to the protocol, as the strictest servers do."""

import ssl
from base64 import b64encode
from collections.abc import AsyncGenerator

import pytest
import trio
import trio.testing

from ivy.emulators.mailbox import LARGEST, Answers, Drops, Mailboxes
from ivy.emulators.smtp import MOST_MISTAKES, MOST_RECIPIENTS, SmtpEmulator

HEAD = (
    b"From: Ivy <ivy@example.org>\r\nTo: ana@example.org\r\nSubject: Hi\r\n"
    b"Date: Mon, 23 Nov 2026 07:00:00 +0000\r\nMessage-ID: <m1@example.org>\r\n"
)
MAIL = HEAD + b"\r\nHello\r\n"
BEGIN = b"EHLO me\r\nMAIL FROM:<ivy@example.org>\r\nRCPT TO:<ana@example.org>\r\nDATA\r\n"


class Caller:
    """Says raw bytes and hears the codes of the answers."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._heard = b""

    async def say(self, words: bytes) -> None:
        await self._stream.send_all(words)

    async def code(self) -> int:
        """Return the code of the next whole answer, or 0 if the line was closed."""
        while True:
            while b"\r\n" not in self._heard:
                try:
                    received = await self._stream.receive_some()
                except trio.BrokenResourceError:
                    return 0
                if not received:
                    return 0
                self._heard += received
            line, _end, self._heard = self._heard.partition(b"\r\n")
            if line[3:4] == b" ":
                return int(line[:3])

    async def codes(self, count: int) -> list[int]:
        return [await self.code() for _answer in range(count)]

    async def ask(self, words: bytes) -> int:
        await self.say(words + b"\r\n")
        return await self.code()


@pytest.fixture
def boxes() -> Mailboxes:
    return Mailboxes(unknown=frozenset({"nobody@example.org"}))


@pytest.fixture
async def caller(boxes: Mailboxes) -> AsyncGenerator[Caller]:
    async with trio.open_nursery() as nursery:
        port: int = await nursery.start(SmtpEmulator(boxes).serve)
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            caller = Caller(stream)
            assert await caller.code() == 220
            with trio.fail_after(5):
                yield caller
        nursery.cancel_scope.cancel()


async def test_commands_may_come_all_at_once(caller: Caller, boxes: Mailboxes) -> None:
    await caller.say(BEGIN + MAIL + b".\r\nMAIL FROM:<>\r\nQUIT\r\n")
    assert await caller.codes(8) == [250, 250, 250, 354, 250, 250, 221, 0]
    [letter] = boxes.of("ana@example.org")
    assert letter.raw == MAIL and letter.text == "Hello\n"


async def test_dots_are_undoubled_and_only_a_dot_alone_ends_a_mail(caller: Caller, boxes: Mailboxes) -> None:
    await caller.say(BEGIN + HEAD + b"\r\n..\r\n.x\r\n...\r\n.\r\n")
    assert await caller.codes(5) == [250, 250, 250, 354, 250]
    assert boxes.letters[0].text == ".\nx\n..\n"


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ([b"MAIL FROM:<a@b.test>"], [503]),
        ([b"EHLO"], [501]),
        ([b"HELO me", b"MAIL FROM:<a@b.test>"], [250, 250]),
        ([b"EHLO me", b"RCPT TO:<a@b.test>"], [250, 503]),
        ([b"EHLO me", b"DATA"], [250, 503]),
        ([b"EHLO me", b"MAIL FROM:a@b.test"], [250, 501]),
        ([b"EHLO me", b"MAIL FROM: <a@b.test>"], [250, 501]),
        ([b"EHLO me", b"MAIL FROM:<a@b.test> SIZE=many"], [250, 501]),
        ([b"EHLO me", b"MAIL FROM:<a@b.test> SIZE=%d" % (LARGEST + 1)], [250, 552]),
        ([b"EHLO me", b"MAIL FROM:<a@b.test> SIZE=" + b"9" * 300], [250, 552]),
        ([b"EHLO me", b"MAIL FROM:<a@b.test> COLOUR=red"], [250, 555]),
        ([b"EHLO me", b"mail from:<a@b.test> body=8bitmime"], [250, 250]),
        ([b"EHLO me", b"MAIL FROM:<a@b.test>", b"MAIL FROM:<a@b.test>"], [250, 250, 503]),
        ([b"EHLO me", b"MAIL FROM:<a@b.test>", b"RCPT TO:<>"], [250, 250, 501]),
        ([b"EHLO me", b"MAIL FROM:<a@b.test>", b"RCPT TO:<nobody@example.org>", b"DATA"], [250, 250, 550, 503]),
        ([b"EHLO me", b"MAIL FROM:<a@b.test>", b"RSET", b"RCPT TO:<a@b.test>"], [250, 250, 250, 503]),
        ([b"EHLO me", b"AUTH PLAIN"], [250, 503]),
        ([b"EHLO me", b"STARTTLS"], [250, 503]),
        ([b"NOOP", b"VRFY ana", b"HELP", b"QUIT now", b"QUIT"], [250, 252, 500, 501, 221]),
        ([b"x" * 600], [500]),
        ([b"\xff\xfe"], [500]),
        ([b"NOOP\n."], [500]),
        ([b"NO\rOP"], [500]),
    ],
)
async def test_each_command_has_its_place(caller: Caller, said: list[bytes], codes: list[int]) -> None:
    assert [await caller.ask(words) for words in said] == codes


@pytest.mark.parametrize(
    "raw",
    [
        b"Hello\r\n",
        MAIL.replace(b"Message-ID: <m1@example.org>\r\n", b""),
        b"From: Eve <eve@example.org>\r\n" + MAIL,
        HEAD + b"Subject: Again\r\n\r\nHello\r\n",
        HEAD + b"\r\n" + b"x" * 1200 + b"\r\n",
        HEAD + "\r\nñ\r\n".encode(),
        HEAD + b"\r\nnull \0\r\n",
        HEAD + b"no colon here\r\n\r\nHello\r\n",
        HEAD + b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nHello\r\n",
        HEAD
        + b"List-Unsubscribe: <http://x.test/>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nHello\r\n",
    ],
)
async def test_a_mail_that_breaks_the_rules_is_refused(caller: Caller, boxes: Mailboxes, raw: bytes) -> None:
    await caller.say(BEGIN + raw + b".\r\n")
    assert (await caller.codes(5))[-1] == 550
    assert not boxes.letters


async def test_bytes_beyond_ascii_may_be_announced(caller: Caller, boxes: Mailboxes) -> None:
    mail = HEAD + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xb1\r\n"
    await caller.say(
        BEGIN.replace(b"DATA", b"RSET\r\nMAIL FROM:<a@b.test> BODY=8BITMIME\r\nRCPT TO:<c@d.test>\r\nDATA")
    )
    await caller.say(mail + b".\r\n")
    assert (await caller.codes(8))[-1] == 250
    assert boxes.letters[0].text == "ñ\n"


async def test_a_bare_line_feed_in_a_mail_ends_the_conversation_so_that_none_is_smuggled(
    caller: Caller, boxes: Mailboxes
) -> None:
    await caller.say(BEGIN + MAIL + b"x\n.\r\nMAIL FROM:<eve@example.org>\r\n")
    assert (await caller.codes(6))[-2:] == [500, 0]
    assert not boxes.letters


async def test_there_is_an_end_to_recipients_and_to_mistakes(caller: Caller) -> None:
    await caller.ask(b"EHLO me")
    await caller.ask(b"MAIL FROM:<a@b.test>")
    codes = [await caller.ask(b"RCPT TO:<a%d@b.test>" % number) for number in range(MOST_RECIPIENTS + 1)]
    assert codes == [250] * MOST_RECIPIENTS + [452]
    codes = [await caller.ask(b"WHAT") for _mistake in range(MOST_MISTAKES)]
    assert codes[-2:] == [500, 421]


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ([b"AUTH PLAIN " + b64encode(b"\0ivy\0secret"), b"MAIL FROM:<a@b.test>"], [235, 250]),
        ([b"AUTH PLAIN", b64encode(b"\0ivy\0secret")], [334, 235]),
        ([b"AUTH LOGIN", b64encode(b"ivy"), b64encode(b"secret")], [334, 334, 235]),
        ([b"AUTH LOGIN " + b64encode(b"ivy"), b64encode(b"secret"), b"AUTH PLAIN"], [334, 235, 503]),
        ([b"AUTH PLAIN", b"*"], [334, 501]),
        ([b"AUTH PLAIN %%%"], [501]),
        ([b"AUTH PLAIN " + b64encode(b"ivy")], [501]),
        ([b"AUTH CRAM-MD5"], [504]),
        ([b"AUTH PLAIN " + b64encode(b"\0ivy\0wrong")] * 4, [535, 535, 535, 0]),
        ([b"MAIL FROM:<a@b.test>"], [530]),
    ],
)
async def test_signing_in(said: list[bytes], codes: list[int]) -> None:
    async with trio.open_nursery() as nursery:
        port: int = await nursery.start(SmtpEmulator(Mailboxes(accounts={"ivy": "secret"})).serve)
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            caller = Caller(stream)
            assert [await caller.code(), await caller.ask(b"EHLO me")] == [220, 250]
            assert [await caller.ask(words) for words in said] == codes
        nursery.cancel_scope.cancel()


async def test_faults_come_in_their_order(caller: Caller, boxes: Mailboxes) -> None:
    boxes.faults.add(Answers(451, "4.3.0 Later"), path="MAIL")
    boxes.faults.add(Drops(), path="MAIL")
    await caller.ask(b"EHLO me")
    assert await caller.ask(b"MAIL FROM:<a@b.test>") == 451
    assert await caller.ask(b"MAIL FROM:<a@b.test>") == 0


async def test_who_waits_for_mail_gets_it_when_it_is_there(autojump_clock: trio.testing.MockClock) -> None:
    boxes = Mailboxes()
    with trio.move_on_after(60) as waiting:
        await boxes.wait_for("ana@example.org")
    assert waiting.cancelled_caught

    async def send() -> None:
        for _mail in range(2):
            await trio.sleep(1)
            boxes.keep("ivy@example.org", ["ana@example.org", "eve@example.org"], MAIL)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        assert len(await boxes.wait_for("ana@example.org", 2)) == 2
    assert len(boxes.letters) == 4


async def test_nothing_said_in_the_clear_is_taken_for_said_in_secret() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    async with trio.open_nursery() as nursery:
        port: int = await nursery.start(SmtpEmulator(Mailboxes(), tls="starttls", ssl_context=context).serve)
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            caller = Caller(stream)
            await caller.say(b"EHLO me\r\nSTARTTLS\r\nMAIL FROM:<eve@example.org>\r\n")
            assert await caller.codes(4) == [220, 250, 554, 0]
        nursery.cancel_scope.cancel()


def test_tls_needs_a_certificate() -> None:
    with pytest.raises(ValueError, match="certificate"):
        SmtpEmulator(Mailboxes(), tls="starttls")
