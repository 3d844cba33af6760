"""Mail against its emulator: over real sockets in threads, and in process; every way it can go wrong."""

import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ivy.adapters import smtp, smtp_session
from ivy.adapters.smtp import Mail
from ivy.clock import SystemClock
from ivy.domain.contents import Buttons, Option, Words
from ivy.domain.envelopes import COME_BACK_AFTER
from ivy.domain.inbound import DeliveryError
from ivy.emulators.mailbox import Answers, Drops, Hangs, Letter, Mailboxes, MailFault
from ivy.emulators.smtp import SmtpEmulator
from ivy.errors import (
    BadSignature,
    ConfigError,
    OutcomeUnknown,
    RecipientGone,
    Unreadable,
    VendorBusy,
    VendorError,
    VendorMisconfigured,
    VendorRefused,
)
from ivy.ports import Address, Channel, Disposition, Outbound
from ivy.threads import InlineThreads, PooledThreads, Threads

NOW = datetime(2026, 11, 23, 7, 0, 0, 250_000, tzinfo=UTC)
ANA, EVE = "ana@example.org", "eve@example.org"
LINK = "https://ivy.example.org/me/unsubscribe/u1." + "A" * 150 + ".sig"
PASSWORD = "correct-horse"


class Still:
    """A clock that stands."""

    virtual = False

    def now(self) -> datetime:
        return NOW


def hello(
    body: str = "Good *morning* 🌿", *, our_id: str = "0192b3c4-aaaa-7bbb-8ccc-ddddeeeeffff", to: str = ANA
) -> Outbound:
    return Outbound(our_id, Address(to), Words(body))


def link(_message: Outbound) -> str:
    return LINK


def leading(to: str) -> Callable[[Outbound], str]:
    return lambda _: to


def mail(threads: Threads, **change: Any) -> Mail:
    known: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 2525,
        "tls": "none",
        "user": "",
        "password": "",
        "sender": "Ivy <ivy@ivy.example.org>",
        "unsubscribe": link,
    }
    return Mail(threads, Still(), **(known | change))


def in_process(boxes: Mailboxes, **change: Any) -> Mail:
    return mail(InlineThreads(), deliver=boxes.deliver, **change)


def is_a_channel(adapter: Mail) -> Channel:
    return adapter  # the type checker keeps the promise


@dataclass
class Wire:
    """A server on a port and a channel that knows it."""

    boxes: Mailboxes
    server: SmtpEmulator
    port: int

    def mail(self, **change: Any) -> Mail:
        return mail(PooledThreads(), **({"port": self.port} | change))

    async def error_of(self, message: Outbound | None = None, **change: Any) -> VendorError:
        with pytest.raises(VendorError) as caught:
            await self.mail(**change).send(message or hello())
        return caught.value


@asynccontextmanager
async def on_a_port(
    boxes: Mailboxes | None = None, *, tls: str = "none", context: ssl.SSLContext | None = None
) -> AsyncGenerator[Wire]:
    server = SmtpEmulator(boxes or Mailboxes(), tls=tls, ssl_context=context)
    async with trio.open_nursery() as nursery:
        port: int = await nursery.start(server.serve)
        yield Wire(server.boxes, server, port)
        nursery.cancel_scope.cancel()


@pytest.fixture
async def wire() -> AsyncGenerator[Wire]:
    async with on_a_port() as wire:
        yield wire


# --- what arrives ----------------------------------------------------------------------------------------


def check_hello(letter: Letter, message_id: str) -> None:
    message = letter.message
    assert message_id == "<0192b3c4-aaaa-7bbb-8ccc-ddddeeeeffff@ivy.example.org>" == message["Message-ID"]
    assert (letter.sender, letter.recipient) == ("ivy@ivy.example.org", ANA)
    assert (message["From"], message["To"]) == ("Ivy <ivy@ivy.example.org>", ANA)
    assert message["Subject"] == "Good morning 🌿"
    assert letter.text.startswith("Good morning 🌿\n\n-- \n") and LINK in letter.text
    assert parsedate_to_datetime(message["Date"]) == NOW.replace(microsecond=0)
    assert message["List-Unsubscribe"] == f"<{LINK}>" and f"<{LINK}>".encode() in letter.raw
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain" and not message.is_multipart()


async def test_a_mail_arrives_over_a_socket(wire: Wire) -> None:
    message_id = await wire.mail().send(hello())
    [letter] = await wire.boxes.wait_for(ANA)
    check_hello(letter, message_id)


async def test_the_same_mail_arrives_in_process(autojump_clock: trio.testing.MockClock) -> None:
    boxes = Mailboxes()
    message_id = await in_process(boxes).send(hello())
    check_hello(boxes.of(ANA)[0], message_id)


async def test_a_mail_that_is_sent_again_is_known_by_its_id(wire: Wire) -> None:
    channel = wire.mail()
    assert await channel.send(hello()) == await channel.send(hello())
    first, second = await wire.boxes.wait_for(ANA, 2)
    assert first.raw == second.raw


BODIES = [
    ".\n..\n.dots\n",
    "From here\n.\r\nEND",
    "x" * 3000,
    "ñ" * 4096,
    "one\n\n\ttwo\n  three",
    "日本語 🌿 \u200d end",
    "QUIT\r\n.\r\nMAIL FROM:<eve@example.org>",
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
async def test_a_body_arrives_as_it_was_written(wire: Wire, body: str) -> None:
    await wire.mail(unsubscribe=leading("")).send(hello(body))
    assert wire.boxes.of(ANA)[0].text.strip() == body.replace("\r\n", "\n").strip()
    assert len(wire.boxes.letters) == 1


async def test_a_question_with_buttons_is_told_in_words() -> None:
    boxes = Mailboxes()
    asked = Buttons("Ready?", (Option("a1", "Yes"), Option("a2", "No")))
    await in_process(boxes).send(Outbound("m1", Address(ANA), asked))
    assert boxes.of(ANA)[0].text.startswith("Ready?\n1. Yes\n2. No\n")


async def test_one_click_needs_https_and_a_mail_may_do_without_a_link() -> None:
    boxes = Mailboxes()
    await in_process(boxes, unsubscribe=leading("http://127.0.0.1:8710/me/unsubscribe/t")).send(hello())
    await in_process(boxes, unsubscribe=leading("")).send(hello())
    plain, without = boxes.of(ANA)
    assert plain.message["List-Unsubscribe"] and plain.message["List-Unsubscribe-Post"] is None
    assert without.message["List-Unsubscribe"] is None and without.text == "Good morning 🌿\n"


async def test_the_link_knows_whose_message_it_is() -> None:
    seen: list[Outbound] = []

    def link(message: Outbound) -> str:
        seen.append(message)
        return LINK

    message = hello()
    await in_process(Mailboxes(), unsubscribe=link).send(message)
    assert seen == [message]


# --- what must not get in --------------------------------------------------------------------------------

INJECTIONS = [
    "x\r\nBcc: eve@example.org",
    "x\nBcc: eve@example.org",
    "x\r\n\r\nbody",
    "x\u2028Bcc: eve",
    "x\x0bBcc: eve",
]


@pytest.mark.parametrize("text", INJECTIONS)
async def test_no_text_becomes_a_header(text: str) -> None:
    boxes = Mailboxes()
    await in_process(boxes).send(hello(text))
    [letter] = boxes.letters
    assert letter.message["Bcc"] is None and letter.message["Subject"] == "x"


@pytest.mark.parametrize("text", INJECTIONS)
async def test_no_address_id_or_link_becomes_a_header(text: str) -> None:
    boxes = Mailboxes()
    attempts: list[tuple[Outbound, Callable[[Outbound], str]]] = [
        (hello(to=f"ana@example.org{text}"), link),
        (hello(to=f"{text}@example.org"), link),
        (hello(our_id=text), link),
        (hello(), leading(f"https://ivy.example.org/{text}")),
        (hello(), leading(f"https://ivy.example.org/>,<mailto:{EVE}> {text[:1]}")),
    ]
    for message, unsubscribe in attempts:
        with pytest.raises(VendorRefused) as caught:
            await in_process(boxes, unsubscribe=unsubscribe).send(message)
        assert caught.value.code == "local"
    assert not boxes.letters


@pytest.mark.parametrize("body", ["\x00\x01", "half of a character: \ud83c"])
async def test_what_cannot_be_written_is_refused_here(body: str) -> None:
    boxes = Mailboxes()
    with pytest.raises(VendorRefused):
        await in_process(boxes).send(hello(body))
    with pytest.raises(VendorRefused):
        await in_process(boxes).send(Outbound("m1", Address(phone="+573001112233"), Words("hello")))
    assert not boxes.letters


@given(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=300).filter(
        lambda text: text.strip() != ""
    ),
    st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}", fullmatch=True),
)
def test_whatever_is_said_to_whomever_a_strict_server_takes_it(body: str, local: str) -> None:
    boxes = Mailboxes()

    async def send() -> None:
        try:
            await in_process(boxes).send(hello(body, to=f"{local}@{'sub.' * 20}example.org"))
        except VendorRefused as error:
            assert error.code == "local", error
        else:
            [letter] = boxes.letters
            assert letter.message["To"] == letter.recipient
            assert str(letter.message["List-Unsubscribe"]) == f"<{LINK}>"
            assert {name.lower() for name in letter.message} <= HEADERS

    trio.run(send)


HEADERS = {
    *("from", "to", "subject", "date", "message-id", "auto-submitted", "list-unsubscribe", "list-unsubscribe-post"),
    *("content-type", "content-transfer-encoding", "mime-version"),
}

# --- what can go wrong -----------------------------------------------------------------------------------

FAULTS: list[tuple[str, MailFault, type[VendorError]]] = [
    ("greeting", Answers(421, "Too busy"), VendorBusy),
    ("greeting", Answers(554, "You are on a list"), VendorMisconfigured),
    ("greeting", Drops(), VendorBusy),
    ("EHLO", Answers(421, "4.3.2 Going down"), VendorBusy),
    ("EHLO", Drops(), VendorBusy),
    ("MAIL", Answers(451, "4.3.0 Later"), VendorBusy),
    ("MAIL", Answers(553, "5.7.1 Not your address"), VendorMisconfigured),
    ("MAIL", Answers(552, "5.3.4 Too large"), VendorRefused),
    ("MAIL", Drops(), VendorBusy),
    ("RCPT", Answers(450, "4.7.1 Greylisted"), VendorBusy),
    ("RCPT", Answers(550, "No such user"), RecipientGone),
    ("RCPT", Answers(550, "5.7.1 Policy"), VendorRefused),
    ("RCPT", Drops(), VendorBusy),
    ("DATA", Answers(451, "4.3.0 Later"), VendorBusy),
    ("DATA", Answers(554, "5.5.1 No"), VendorRefused),
    ("DATA", Drops(), VendorBusy),
    ("content", Drops(), OutcomeUnknown),
    (".", Answers(451, "4.3.0 Later"), VendorBusy),
    (".", Answers(554, "5.7.1 Spam"), VendorRefused),
    (".", Drops(), OutcomeUnknown),
    (".", Drops(done=True), OutcomeUnknown),
]
NAMES = [f"{command} {fault}" for command, fault, _kind in FAULTS]


@pytest.mark.parametrize(("command", "fault", "kind"), FAULTS, ids=NAMES)
async def test_each_failure_on_the_wire_says_what_to_do(
    wire: Wire, command: str, fault: MailFault, kind: type[VendorError]
) -> None:
    wire.boxes.faults.add(fault, path=command)
    error = await wire.error_of()
    assert type(error) is kind, error
    assert len(wire.boxes.of(ANA)) == (not isinstance(fault, Answers) and fault.done)
    assert not len(wire.boxes.faults)
    await wire.mail().send(hello())  # and nothing of it stays


@pytest.mark.parametrize(("command", "fault", "kind"), FAULTS, ids=NAMES)
async def test_each_failure_in_process_means_the_same(command: str, fault: MailFault, kind: type[VendorError]) -> None:
    boxes = Mailboxes()
    boxes.faults.add(fault, path=command)
    with pytest.raises(VendorError) as caught:
        await in_process(boxes).send(hello())
    assert type(caught.value) is kind
    assert len(boxes.of(ANA)) == (not isinstance(fault, Answers) and fault.done)


@pytest.mark.parametrize(
    ("command", "kind"), [("greeting", VendorBusy), ("RCPT", VendorBusy), ("DATA", VendorBusy), (".", OutcomeUnknown)]
)
async def test_a_silent_server_is_left(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, command: str, kind: type[VendorError]
) -> None:
    monkeypatch.setattr(smtp_session, "STEP_SECONDS", 0.2)
    monkeypatch.setattr(smtp_session, "TOTAL_SECONDS", 0.5)
    wire.boxes.faults.add(Hangs(done=True), path=command)
    assert type(await wire.error_of()) is kind


async def test_a_mail_that_was_taken_counts_whatever_comes_after(wire: Wire) -> None:
    wire.boxes.faults.add(Drops(), path="QUIT")
    await wire.mail().send(hello())
    wire.boxes.faults.add(Hangs(), path="QUIT")
    with trio.fail_after(5):
        await wire.mail().send(hello())
    assert len(wire.boxes.of(ANA)) == 2


async def test_nobody_there_is_worth_another_attempt(wire: Wire) -> None:
    unused = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port: int = unused[0].socket.getsockname()[1]
    await unused[0].aclose()
    assert type(await wire.error_of(port=port)) is VendorBusy
    assert type(await wire.error_of(host="no-such-host.invalid")) is VendorBusy


async def test_what_speaks_no_smtp_is_not_believed() -> None:
    async def chatter(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await stream.receive_some()

    async with trio.open_nursery() as nursery:
        [listener] = await nursery.start(partial(trio.serve_tcp, chatter, 0, host="127.0.0.1"))
        with pytest.raises(VendorBusy):
            await mail(PooledThreads(), port=listener.socket.getsockname()[1]).send(hello())
        nursery.cancel_scope.cancel()


async def test_a_server_quotes_neither_the_address_nor_the_password(wire: Wire) -> None:
    wire.boxes.faults.add(Answers(550, f"5.1.1 <{ANA.upper()}> unknown; {PASSWORD} seen"), path="RCPT")
    error = await wire.error_of(user="", password=PASSWORD)
    assert ANA not in str(error).lower() and PASSWORD not in str(error) and "***@example.org" in str(error)


async def test_a_greylisting_server_is_asked_again_in_some_minutes(wire: Wire) -> None:
    wire.boxes.faults.add(Answers(450, "4.2.0 Greylisted"), path="RCPT")
    error = await wire.error_of()
    assert isinstance(error, VendorBusy) and error.after == COME_BACK_AFTER


async def test_nobody_by_that_name_is_gone() -> None:
    async with on_a_port(Mailboxes(unknown=frozenset({EVE}))) as wire:
        assert type(await wire.error_of(hello(to=EVE))) is RecipientGone
        await wire.mail().send(hello())


# --- signing in and TLS ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    began = SystemClock().now() - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@asynccontextmanager
async def secured(certificate: Path, tls: str) -> AsyncGenerator[Wire]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with on_a_port(Mailboxes(accounts={"ivy": PASSWORD}), tls=tls, context=context) as wire:
        yield wire


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, and the machine trusts it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_password_travels_encrypted(trusted: Path, tls: str) -> None:
    async with secured(trusted, tls) as wire:
        await wire.mail(tls=tls, user="ivy", password=PASSWORD).send(hello())
        assert len(wire.boxes.of(ANA)) == 1
        wrong = await wire.error_of(tls=tls, user="ivy", password="wrong-horse")
        assert type(wrong) is VendorMisconfigured and "wrong-horse" not in str(wrong)
        wire.boxes.faults.add(Answers(454, "4.7.0 Not now"), path="AUTH", times=2)  # PLAIN, then LOGIN
        assert type(await wire.error_of(tls=tls, user="ivy", password=PASSWORD)) is VendorBusy
        assert type(await wire.error_of(tls=tls)) is VendorMisconfigured  # 530: it wants a name


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_certificate_nobody_vouches_for_is_the_operators_to_mend(certificate: Path, tls: str) -> None:
    async with secured(certificate, tls) as wire:
        error = await wire.error_of(tls=tls, user="ivy", password=PASSWORD)
        assert type(error) is VendorMisconfigured and "CERTIFICATE" in str(error)
        assert not wire.boxes.letters


async def test_a_server_without_tls_gets_no_password(wire: Wire) -> None:
    assert type(await wire.error_of(tls="starttls", user="ivy", password=PASSWORD)) is VendorMisconfigured
    wire.boxes.faults.add(Answers(454, "4.7.0 Not now"), path="STARTTLS")
    assert type(await wire.error_of(tls="tls")) is VendorMisconfigured  # it answers in the clear


async def test_tls_that_is_out_for_a_while_is_waited_for(trusted: Path) -> None:
    async with secured(trusted, "starttls") as wire:
        wire.boxes.faults.add(Answers(454, "4.7.0 Not now"), path="STARTTLS")
        assert type(await wire.error_of(tls="starttls", user="ivy", password=PASSWORD)) is VendorBusy


async def test_accounts_are_the_same_in_process() -> None:
    boxes = Mailboxes(accounts={"ivy": PASSWORD})
    await in_process(boxes, user="ivy", password=PASSWORD).send(hello())
    for change in ({"user": "ivy", "password": "wrong"}, {}):
        with pytest.raises(VendorMisconfigured):
            await in_process(boxes, **change).send(hello())
    assert len(boxes.letters) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"host": ""},
        {"host": "mail.test\r\nX"},
        {"port": 0},
        {"tls": "ssl"},
        {"user": "ivy"},
        {"host": "mail.test", "user": "ivy", "password": PASSWORD},
        {"user": "ivy", "password": "pass\r\nword"},
        {"user": "ivy", "password": "contraseña"},
        {"sender": "Ivy"},
        {"sender": "Ivy <ivy@localhost>"},
        {"sender": "Ivy\r\nBcc: eve@example.org <ivy@example.org>"},
    ],
)
def test_a_configuration_that_cannot_work_is_refused_at_once(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="mail"):
        mail(PooledThreads(), **change)


@pytest.mark.parametrize(
    "sender", ["ivy@ivy.example.org", "Ívy, la entrenadora <ivy@ivy.example.org>", '"I" <i@ex-a.org>']
)
async def test_any_proper_sender_will_do(sender: str) -> None:
    boxes = Mailboxes()
    await in_process(boxes, sender=sender).send(hello())
    [address] = boxes.letters[0].message["From"].addresses
    assert address.addr_spec == boxes.letters[0].sender


# --- many at once ----------------------------------------------------------------------------------------


async def test_five_mails_at_once_leave_the_loop_ticking_two_at_a_time(wire: Wire) -> None:
    channel, ticks = wire.mail(), 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await trio.sleep(0.002)
            ticks += 1

    async with trio.open_nursery() as ticking:
        ticking.start_soon(tick)
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                for number in range(5):
                    nursery.start_soon(channel.send, hello(our_id=f"m{number}"))
        ticking.cancel_scope.cancel()
    assert len({letter.message["Message-ID"] for letter in wire.boxes.of(ANA)}) == 5
    assert wire.server.conversations == 5 and wire.server.most_at_once <= 2
    assert ticks >= 5


async def test_a_mail_without_a_place_is_put_back_and_the_loop_goes_on(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "PLACE_SECONDS", 0.1)
    monkeypatch.setattr(smtp_session, "STEP_SECONDS", 0.5)
    wire.boxes.faults.add(Hangs(), path="RCPT", times=2)
    channel, errors = wire.mail(), list[VendorError]()

    async def send(number: int) -> None:
        try:
            await channel.send(hello(our_id=f"m{number}"))
        except VendorError as error:
            errors.append(error)

    async with trio.open_nursery() as nursery:
        for number in range(3):
            nursery.start_soon(send, number)
    first, *slow = errors
    assert isinstance(first, VendorBusy) and first.throttled and "on their way" in first.reason
    assert [type(error) for error in slow] == [VendorBusy, VendorBusy]
    await channel.send(hello())  # the places are free again
    assert len(wire.boxes.letters) == 1


# --- what a mail server has not --------------------------------------------------------------------------


async def test_nothing_comes_in() -> None:
    channel = in_process(Mailboxes())
    assert channel.name == "mail" and not channel.can_look_up
    assert channel.handshake({"hub.challenge": "1"}) is None
    with pytest.raises(BadSignature):
        channel.verify(b"", {})
    with pytest.raises(Unreadable):
        channel.parse(b"{}")
    with pytest.raises(Unreadable):
        channel.parse_part(b"{}", "0")
    with pytest.raises(OutcomeUnknown):
        await channel.look_up(hello(), NOW)
    await channel.mark_read("<m1@ivy.example.org>", typing=True)


def test_a_code_has_a_disposition() -> None:
    channel = in_process(Mailboxes())
    assert channel.disposition(DeliveryError(451)) is Disposition.BUSY
    assert channel.disposition(DeliveryError(550)) is Disposition.GONE
    assert channel.disposition(DeliveryError(554)) is Disposition.REFUSED
