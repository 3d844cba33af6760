"""A mail server on a port: SMTP with STARTTLS, sign-in, SIZE and pipelining, strict. May import: the domain and below.

Source: RFC 5321, 3207 (STARTTLS), 4954 (AUTH PLAIN; LOGIN by its draft), 1870 (SIZE), 2920 (pipelining), 6152 (8BITMIME).
"""

import re
import ssl
from base64 import b64decode
from collections.abc import Awaitable, Callable

import trio
from trio.abc import Stream

from ivy.emulators.mailbox import LARGEST, Answers, Drops, Hangs, Mailboxes
from ivy.emulators.smtp_line import LONGEST_SIGN_IN, Gone, Line

MOST_RECIPIENTS = 100
MOST_MISTAKES = 10
MOST_SIGN_INS = 3
_PATH = re.compile(r"(?i:(FROM|TO)):<([^<>\s]*)>((?: [A-Za-z0-9-]+(?:=[!-<>-~]+)?)*)")
_MAILBOX = re.compile(r"[^@\s<>]{1,64}@[A-Za-z0-9.-]{1,255}")


class No(Exception):
    """A command is answered with a refusal, and the conversation goes on."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


class SmtpEmulator:
    """An SMTP server in front of mailboxes.

    `tls` is none, starttls or tls, and needs an `ssl_context` unless it is none. Where there is TLS, nobody signs in
    without it.
    """

    def __init__(self, boxes: Mailboxes, *, tls: str = "none", ssl_context: ssl.SSLContext | None = None) -> None:
        if tls != "none" and ssl_context is None:
            raise ValueError(f"{tls} needs a certificate")
        self.boxes = boxes
        self.tls = tls
        self.ssl_context = ssl_context
        self.conversations = 0
        self.most_at_once = 0
        self._open = 0

    async def serve(self, *, port: int = 0, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED) -> None:
        """Listen on 127.0.0.1 until cancelled; the port is told when it is open."""
        listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
        task_status.started(listeners[0].socket.getsockname()[1])
        await trio.serve_listeners(self._converse, listeners)

    async def _converse(self, stream: Stream) -> None:
        self.conversations += 1
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        line = Line(stream)
        try:
            await _Conversation(self, line).run()
        except (Gone, trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError):
            pass  # it harms nobody else
        finally:
            self._open -= 1
            await line.close()


class _Conversation:
    def __init__(self, server: SmtpEmulator, line: Line) -> None:
        self._server = server
        self._line = line
        self._boxes = server.boxes
        self._mistakes = 0
        self._sign_ins = 0
        self._signed_in = False
        self._greeted = False
        self._forget()
        self._commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": self._noop,
            "VRFY": self._vrfy,
            "QUIT": self._quit,
        }

    def _forget(self) -> None:
        self._sender: str | None = None
        self._eight_bits = False
        self._recipients: list[str] = []

    async def run(self) -> None:
        """Answer one command after another. Raises: Gone when it is over."""
        if self._server.tls == "tls":
            await self._make_secure()
        if await self._act("greeting"):
            raise Gone
        await self._line.answer(220, "mail.test ESMTP emulator")
        while True:
            verb, _blank, rest = (await self._line.words()).partition(" ")
            command = self._commands.get(verb.upper())
            try:
                if command is None:
                    raise No(500, "5.5.2 No such command")
                if not await self._act(verb.upper()):
                    await command(rest)
            except No as no:
                await self._refuse(no)

    # --- commands --------------------------------------------------------------------------------------

    async def _ehlo(self, name: str) -> None:
        self._greet(name)
        offers = ["mail.test", "PIPELINING", f"SIZE {LARGEST}", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if self._server.tls == "starttls" and not self._line.secure:
            offers.append("STARTTLS")
        elif self._boxes.wants_sign_in:
            offers.append("AUTH PLAIN LOGIN")
        await self._line.answer(250, *offers)

    async def _helo(self, name: str) -> None:
        self._greet(name)
        await self._line.answer(250, "mail.test")

    def _greet(self, name: str) -> None:
        if not name.strip():
            raise No(501, "5.5.4 Who?")
        self._forget()
        self._greeted = True

    async def _starttls(self, rest: str) -> None:
        if rest or self._server.tls != "starttls" or self._line.secure:
            raise No(503, "5.5.1 No TLS to be started")
        if self._line.has_unread:  # what was sent in the clear must not be taken for what was sent in secret
            await self._line.answer(554, "5.5.0 Nothing may follow STARTTLS at once")
            raise Gone
        await self._line.answer(220, "2.0.0 Go ahead")
        await self._make_secure()
        self._greeted = False
        self._forget()

    async def _auth(self, rest: str) -> None:
        way, _blank, first = rest.partition(" ")
        if not self._greeted or self._signed_in or self._sender is not None or not self._boxes.wants_sign_in:
            raise No(503, "5.5.1 Not now")
        if self._server.tls != "none" and not self._line.secure:
            raise No(538, "5.7.11 Encryption is required to sign in")
        if way.upper() not in ("PLAIN", "LOGIN"):
            raise No(504, "5.5.4 No such way to sign in")
        try:
            user, password = await (self._plain(first) if way.upper() == "PLAIN" else self._login(first))
        except ValueError:  # no base64, no text, or not the parts that were asked for
            raise No(501, "5.5.2 That is not what was asked for") from None
        if not self._boxes.knows(user, password):
            self._sign_ins += 1
            await self._line.answer(535, "5.7.8 Name or password not accepted")
            if self._sign_ins >= MOST_SIGN_INS:
                raise Gone
            return
        self._signed_in = True
        await self._line.answer(235, "2.7.0 Welcome")

    async def _plain(self, first: str) -> tuple[str, str]:
        _acts_for, user, password = _decoded(first or await self._challenge("")).split("\0")
        return user, password

    async def _login(self, first: str) -> tuple[str, str]:
        user = _decoded(first or await self._challenge("VXNlcm5hbWU6"))
        return user, _decoded(await self._challenge("UGFzc3dvcmQ6"))

    async def _challenge(self, words: str) -> str:
        await self._line.answer(334, words)
        response = await self._line.words(LONGEST_SIGN_IN)
        if response == "*":
            raise No(501, "5.7.0 Given up")
        return response

    async def _mail(self, rest: str) -> None:
        found = _PATH.fullmatch(rest)
        if not self._greeted or self._sender is not None:
            raise No(503, "5.5.1 Say EHLO first, and MAIL once")
        if self._boxes.wants_sign_in and not self._signed_in:
            raise No(530, "5.7.0 Sign in first")
        if not found or found[1].upper() != "FROM" or not (found[2] == "" or _MAILBOX.fullmatch(found[2])):
            raise No(501, "5.1.7 That is no address")
        options = dict(_option(each) for each in found[3].split())
        if unknown := options.keys() - {"SIZE", "BODY", "AUTH"}:
            raise No(555, f"5.5.4 {min(unknown)} is not known")
        size, body = options.get("SIZE", "0"), options.get("BODY", "7BIT")
        if not size.isdecimal() or body not in ("7BIT", "8BITMIME"):
            raise No(501, "5.5.4 SIZE or BODY is wrong")
        if int(size[:12]) > LARGEST:
            raise No(552, "5.3.4 The mail is too large")
        self._sender, self._eight_bits = found[2], body == "8BITMIME"
        await self._line.answer(250, "2.1.0 Fine")

    async def _rcpt(self, rest: str) -> None:
        found = _PATH.fullmatch(rest)
        if self._sender is None:
            raise No(503, "5.5.1 MAIL first")
        if not found or found[1].upper() != "TO" or not _MAILBOX.fullmatch(found[2]) or found[3]:
            raise No(501, "5.1.3 That is no address")
        if len(self._recipients) >= MOST_RECIPIENTS:
            raise No(452, "4.5.3 Too many recipients")
        _check(self._boxes.refusal_of_recipient(found[2]))
        self._recipients.append(found[2])
        await self._line.answer(250, "2.1.5 Fine")

    async def _data(self, rest: str) -> None:
        if rest or not self._recipients:
            raise No(503, "5.5.1 RCPT first")
        await self._line.answer(354, "End with a dot on a line of its own")
        raw = await self._content()
        sender, recipients, eight_bits = self._sender or "", self._recipients, self._eight_bits
        self._forget()
        fault = self._boxes.faults.take(".")
        refusal = self._boxes.refusal_of_content(raw, eight_bits=eight_bits)
        if refusal is None and (fault is None or fault.done):
            self._boxes.keep(sender, recipients, raw)
        if not await self._do(fault):
            _check(refusal)
            await self._line.answer(250, "2.0.0 Taken")

    async def _content(self) -> bytes:
        """Return the mail up to the dot on its own line, undoubling dots; of one that is too large, just too much."""
        fault, size, lines = self._boxes.faults.take("content"), 0, list[bytes]()
        while (line := await self._line.raw(LARGEST)) != b".\r\n":
            if await self._do(fault):
                raise Gone
            if size <= LARGEST:
                lines.append(line.removeprefix(b"."))
                size += len(lines[-1])
        return b"".join(lines)

    async def _rset(self, rest: str) -> None:
        _nothing(rest)
        self._forget()
        await self._line.answer(250, "2.0.0 Forgotten")

    async def _noop(self, _rest: str) -> None:
        await self._line.answer(250, "2.0.0 Nothing done")

    async def _vrfy(self, _rest: str) -> None:
        await self._line.answer(252, "2.0.0 Who knows; send it and see")

    async def _quit(self, rest: str) -> None:
        _nothing(rest)
        await self._line.answer(221, "2.0.0 Goodbye")
        raise Gone

    # --- faults, refusals, TLS ---------------------------------------------------------------------------

    async def _act(self, command: str) -> bool:
        """Do what the script has for this command; say whether that took its place."""
        return await self._do(self._boxes.faults.take(command))

    async def _do(self, fault: Answers | Hangs | Drops | None) -> bool:
        match fault:
            case None:
                return False
            case Answers(code, text):
                await self._line.answer(code, text)
                if code == 421:
                    raise Gone
                return True
            case Hangs():
                await self._line.silence()
                return True
            case Drops():
                raise Gone

    async def _refuse(self, no: No) -> None:
        self._mistakes += 1
        if self._mistakes > MOST_MISTAKES:
            await self._line.answer(421, "4.7.0 Too many mistakes")
            raise Gone
        await self._line.answer(no.code, no.text)

    async def _make_secure(self) -> None:
        if self._server.ssl_context is not None:
            await self._line.begin_tls(self._server.ssl_context)


def _check(refusal: Answers | None) -> None:
    if refusal is not None:
        raise No(refusal.code, refusal.text)


def _nothing(rest: str) -> None:
    if rest:
        raise No(501, "5.5.4 Nothing follows this command")


def _decoded(words: str) -> str:
    return b64decode(words, validate=True).decode()


def _option(words: str) -> tuple[str, str]:
    name, _equals, value = words.partition("=")
    return name.upper(), value.upper()
