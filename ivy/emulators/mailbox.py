"""The mailboxes behind the mail emulator: what they take, what they keep, and faults. May import: the domain and below.

They are reached over SMTP (`smtp.py`), or in process by `deliver`, with the same rules and the same faults.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import trio

from ivy.domain.envelopes import Envelope, Failed, Step
from ivy.emulators.faults import Script

LARGEST = 10 * 1024 * 1024
LONGEST_LINE = 998
"""Source: RFC 5322, 2.1.1; without its CRLF."""
_ONCE = ("from", "date", "message-id")
_AT_MOST_ONCE = ("to", "subject", "reply-to", "list-unsubscribe", "list-unsubscribe-post", "mime-version")
_BARE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_ONE_HTTPS = re.compile(r"<https://[^<>\s]+>")


@dataclass(frozen=True)
class Answers:
    """The server answers this; with `done`, at the end of a mail, it has kept it all the same."""

    code: int
    text: str = ""
    done: bool = False


@dataclass(frozen=True)
class Hangs:
    """The server says nothing more."""

    done: bool = False


@dataclass(frozen=True)
class Drops:
    """The server closes the connection without an answer."""

    done: bool = False


MailFault = Answers | Hangs | Drops
"""Scripted by command: greeting, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, content (in its midst) or "." (its end)."""


@dataclass(frozen=True)
class Letter:
    """A mail that was taken for one recipient, as it came."""

    sender: str
    recipient: str
    raw: bytes
    message: EmailMessage

    @property
    def text(self) -> str:
        """The words, with line feeds for line ends."""
        part = self.message.get_body(("plain",))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


class Mailboxes:
    """Every mailbox of the world. `accounts` are names and passwords; without any, nobody signs in.

    Addresses in `unknown` are nobody's. All of it belongs to the loop: call it from trio's own thread.
    """

    def __init__(self, *, accounts: Mapping[str, str] | None = None, unknown: frozenset[str] = frozenset()) -> None:
        self.faults: Script[MailFault] = Script()
        self.letters: list[Letter] = []
        self._accounts = dict(accounts or {})
        self._unknown = unknown
        self._changed = trio.Event()

    @property
    def wants_sign_in(self) -> bool:
        return bool(self._accounts)

    def of(self, address: str) -> list[Letter]:
        """Return the mails of one address, oldest first, those that came twice twice."""
        return [letter for letter in self.letters if letter.recipient == address]

    async def wait_for(self, address: str, count: int = 1) -> list[Letter]:
        """Return the mails of one address as soon as there are `count`."""
        while len(found := self.of(address)) < count:
            await self._changed.wait()
        return found

    # --- what a server does, on whatever wire ----------------------------------------------------------

    def knows(self, user: str, password: str) -> bool:
        return self._accounts.get(user) == password

    def refusal_of_recipient(self, address: str) -> Answers | None:
        return Answers(550, "5.1.1 No such person here") if address in self._unknown else None

    def refusal_of_content(self, raw: bytes, *, eight_bits: bool = False) -> Answers | None:
        """Return why a mail would not be taken, as the strictest servers have it: RFC 5322, RFC 8058."""
        if len(raw) > LARGEST:
            return Answers(552, "5.3.4 The mail is too large")
        message = _parsed(raw)
        wrong = _wrong_bytes(raw, eight_bits) or _wrong_headers(message) or _wrong_unsubscribe(message)
        return Answers(550, f"5.6.0 {wrong}") if wrong else None

    def keep(self, sender: str, recipients: list[str], raw: bytes) -> None:
        message = _parsed(raw)
        self.letters.extend(Letter(sender, recipient, raw, message) for recipient in recipients)
        self._changed.set()
        self._changed = trio.Event()

    def deliver(self, envelope: Envelope) -> None:
        """Take one mail in process, in place of a conversation. Raises: Failed."""
        server = envelope.server
        self._meet(Step.CONNECT, "greeting")
        self._meet(Step.HELLO, "EHLO")
        if server.tls == "starttls":
            self._meet(Step.SECURE, "STARTTLS")
        if server.user:
            self._meet(Step.SIGN_IN, "AUTH")
            if not self.knows(server.user, server.password):
                raise Failed(Step.SIGN_IN, 535, "5.7.8 Name or password not accepted")
        self._meet(Step.SENDER, "MAIL")
        if self.wants_sign_in and not server.user:
            raise Failed(Step.SENDER, 530, "5.7.0 Sign in first")
        self._meet(Step.RECIPIENT, "RCPT")
        _refuse(Step.RECIPIENT, self.refusal_of_recipient(envelope.recipient))
        self._meet(Step.DATA, "DATA")
        self._meet(Step.CONTENT, "content")
        fault = self.faults.take(".")
        refusal = self.refusal_of_content(envelope.content)
        if refusal is None and (fault is None or fault.done):
            self.keep(envelope.sender, [envelope.recipient], envelope.content)
        _raise(Step.CONTENT, fault)
        _refuse(Step.CONTENT, refusal)

    def _meet(self, step: Step, command: str) -> None:
        _raise(step, self.faults.take(command))


def _raise(step: Step, fault: MailFault | None) -> None:
    match fault:
        case None:
            return
        case Answers() as answer:
            _refuse(step, answer)
        case Hangs() | Drops():  # from outside the two differ by time only, and here none passes
            raise Failed(step, text="the server hung up or was silent")


def _refuse(step: Step, answer: Answers | None) -> None:
    if answer is not None and answer.code >= 400:
        raise Failed(step, answer.code, answer.text)


def _parsed(raw: bytes) -> EmailMessage:
    return BytesParser(EmailMessage, policy=default).parsebytes(raw)


def _wrong_bytes(raw: bytes, eight_bits: bool) -> str:
    if _BARE_END.search(raw) or b"\0" in raw:
        return "Lines end in CR and LF, and nothing is null"
    if max(map(len, raw.split(b"\r\n"))) > LONGEST_LINE:
        return f"A line is longer than {LONGEST_LINE}"
    head = raw.partition(b"\r\n\r\n")[0]
    if not head.isascii() or not (eight_bits or raw.isascii()):
        return "Bytes beyond ASCII were not announced"
    return ""


def _wrong_headers(message: EmailMessage) -> str:
    count = Counter(name.lower() for name in message)
    for name in _ONCE:
        if count[name] != 1:
            return f"There must be one {name}, not {count[name]}"
    for name in _AT_MOST_ONCE:
        if count[name] > 1:
            return f"There may be one {name}, not {count[name]}"
    defects = [*message.defects, *(defect for value in message.values() for defect in getattr(value, "defects", ()))]
    return f"It cannot be read ({type(defects[0]).__name__})" if defects else ""


def _wrong_unsubscribe(message: EmailMessage) -> str:
    post = message["List-Unsubscribe-Post"]
    if post is None:
        return ""
    if str(post) != "List-Unsubscribe=One-Click":
        return "List-Unsubscribe-Post says one thing only"
    if len(_ONE_HTTPS.findall(str(message["List-Unsubscribe"]))) != 1:
        return "One click needs exactly one HTTPS address"
    return ""
