"""Mail as a `Channel`: plain text, one message to a connection, one click to be left alone. May import: ports and below.

Mail only goes out. What becomes of it is known by the server's answer alone: nobody reads the mail that comes back, so a
bounce that arrives later is not seen, and neither is what a person writes to the sender's address.
"""

# ruff: noqa: ARG002
# The methods of a channel that has no webhook refuse whatever they are given.

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

import trio

from ivy.adapters.smtp_session import smtp_deliver
from ivy.clock import Clock
from ivy.domain import mail
from ivy.domain.envelopes import TLS_WAYS, VENDOR, Envelope, Failed, Server, meaning
from ivy.domain.inbound import DeliveryError, InboundEvent
from ivy.errors import BadSignature, ConfigError, OutcomeUnknown, Unreadable, VendorBusy, VendorError, VendorRefused
from ivy.ports import Disposition, Outbound
from ivy.threads import Threads

Deliver = Callable[[Envelope], None]
"""Hands one mail over, blocking. Raises: Failed."""

AT_ONCE = 2
PLACE_SECONDS = 5.0
"""How long a mail waits for one of the places before it is put back: the rest of its time belongs to the server."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ONE_CLICK = "List-Unsubscribe=One-Click"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+=%\[\]-]{1,900}")
_UNFOLDED = frozenset({"list-unsubscribe", "list-unsubscribe-post"})


class _Wire(EmailPolicy):
    """SMTP's line ends; headers that are one long word stay whole.

    The standard folding turns an address that does not fit on a line into encoded words, which nobody decodes there.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in _UNFOLDED:
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_WIRE = _Wire(linesep="\r\n", cte_type="7bit")


class Mail:
    """One sender at one mail server. `tls` is starttls, tls or none; without a `user` it does not sign in.

    `sender` is "Ivy <ivy@example.org>" or the bare address. `unsubscribe` returns where a click ends the mails that this
    message belongs to, or "" for one that carries no such link (a sign-in link, say). `deliver` is the transport: under
    a virtual clock an emulator's, in process.
    """

    name = VENDOR
    can_look_up = False

    def __init__(
        self,
        threads: Threads,
        clock: Clock,
        *,
        host: str,
        port: int,
        tls: str,
        user: str,
        password: str,
        sender: str,
        unsubscribe: Callable[[Outbound], str],
        deliver: Deliver = smtp_deliver,
    ) -> None:
        self._threads = threads
        self._clock = clock
        self._server, self._sender = checked(Server(host, port, tls, user, password), sender)
        self._unsubscribe = unsubscribe
        self._deliver = deliver
        self._places = trio.CapacityLimiter(AT_ONCE)

    # --- nothing comes in ----------------------------------------------------------------------------

    def handshake(self, query: Mapping[str, str]) -> str | None:
        """Refuse: no mail server has a webhook here."""
        return None

    def verify(self, body: bytes, headers: Mapping[str, str], *, repeated: frozenset[str] = frozenset()) -> None:
        raise BadSignature("mail has no webhook")

    def parse(self, body: bytes) -> tuple[InboundEvent, ...]:
        raise Unreadable("mail has no webhook")

    def parse_part(self, body: bytes, path: str) -> tuple[InboundEvent, ...]:
        raise Unreadable("mail has no webhook")

    def disposition(self, error: DeliveryError) -> Disposition:
        """Return what a reply code means. Mail has no statuses, so this is for what was recorded by hand."""
        if error.code // 100 == 4:
            return Disposition.BUSY
        return Disposition.GONE if error.code in (550, 551, 553) else Disposition.REFUSED

    async def mark_read(self, external_id: str, *, typing: bool = False) -> None:
        """Do nothing: a mail shows nobody that it was read."""

    # --- out -----------------------------------------------------------------------------------------

    async def send(self, message: Outbound) -> str:
        """Send one mail; return its Message-ID, which is the same each time this message is sent.

        A thread that has begun is not cancelled: it ends by itself within some 30 s, and its result is not lost.
        """
        message_id, envelope = self._compose(message)
        try:
            with trio.fail_after(PLACE_SECONDS):
                await self._places.acquire()
        except trio.TooSlowError:
            raise VendorBusy(VENDOR, f"{AT_ONCE} mails are on their way already", throttled=True) from None
        try:
            await self._threads.run(self._deliver, envelope)
        except Failed as failed:
            raise self._guarded(meaning(failed), envelope.recipient) from None  # what it quotes stays out of logs
        finally:
            self._places.release()
        return message_id

    async def look_up(self, message: Outbound, since: datetime) -> str | None:
        raise OutcomeUnknown(VENDOR, "a mail server does not tell what it has sent")

    def _compose(self, message: Outbound) -> tuple[str, Envelope]:
        """Return the Message-ID and the mail as it goes over the wire. Raises: VendorRefused."""
        try:
            recipient = mail.address(message.to.external_id)
        except mail.NotAnAddress:
            raise VendorRefused(
                VENDOR, "the person has no e-mail address that can be written to", code="local"
            ) from None
        if not _ID.fullmatch(message.our_id):
            raise VendorRefused(VENDOR, "the message's own id cannot stand in a header", code="local")
        text = mail.plain(message.content.in_words())
        if not text:
            raise VendorRefused(VENDOR, "there is nothing in it to read", code="local")
        message_id = f"<{message.our_id}@{self._sender.domain}>"
        try:
            built = self._headers(recipient, message_id, mail.subject(text))
            built.set_content(text + self._foot(built, self._unsubscribe(message)), cte="quoted-printable")
            content = built.as_bytes()
        except (UnicodeError, MessageError) as error:
            raise VendorRefused(VENDOR, "the text cannot be put into a mail", code="local") from error
        return message_id, Envelope(self._server, self._sender.addr_spec, recipient, content)

    def _headers(self, recipient: str, message_id: str, subject: str) -> EmailMessage:
        built = EmailMessage(policy=_WIRE)
        built["From"] = self._sender
        built["To"] = MailAddress(addr_spec=recipient)
        built["Subject"] = subject or self._sender.display_name or self._sender.addr_spec
        built["Date"] = self._clock.now()
        built["Message-ID"] = message_id
        built["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice answers it
        return built

    def _foot(self, built: EmailMessage, link: str) -> str:
        """Put the way out into the headers (RFC 2369; RFC 8058 where it is HTTPS) and return it for the text too."""
        if not link:
            return "\n"
        if not _LINK.fullmatch(link):
            raise VendorRefused(VENDOR, "the link that ends the mails is no web address", code="local")
        built["List-Unsubscribe"] = f"<{link}>"
        if link.startswith("https://"):
            built["List-Unsubscribe-Post"] = ONE_CLICK
        return f"\n\n-- \nNo more mail / No más correos:\n{link}\n"

    def _guarded(self, error: VendorError, recipient: str) -> VendorError:
        """Return the error without what servers like to quote: the password, and whose address it was."""
        masked = f"***@{recipient.rpartition('@')[2]}"
        reason = re.sub(re.escape(recipient), lambda _: masked, error.reason, flags=re.IGNORECASE)
        if self._server.password:
            reason = reason.replace(self._server.password, "***")
        error.reason = reason
        error.args = (f"{error.vendor}: {reason}",)
        return error


def checked(server: Server, sender: str) -> tuple[Server, MailAddress]:
    """Return a server and a sender as they are used, once they were found whole. Raises: ConfigError."""
    return _checked(server), _sender(sender)


def _checked(server: Server) -> Server:
    if not server.host or not re.fullmatch(r"[A-Za-z0-9.:_-]+", server.host) or not 0 < server.port < 65536:
        raise ConfigError("mail.host and mail.port must name a mail server")
    if server.tls not in TLS_WAYS:
        raise ConfigError(f"mail.tls is {server.tls!r}; use {', '.join(TLS_WAYS)}")
    if server.user and not server.password:
        raise ConfigError("mail.user is set and its password is not: set mail.password_file")
    if server.user and server.tls == "none" and server.host not in LOOPBACK:
        raise ConfigError("mail.tls is none: the password would travel for all to read; use starttls or tls")
    if not (server.user.isascii() and server.password.isascii() and (server.user + server.password).isprintable()):
        raise ConfigError("the mail user or password has characters that SMTP cannot carry: copy it again")
    return server


def _sender(text: str) -> MailAddress:
    name, bracket, spec = text.strip().removesuffix(">").rpartition("<")
    if bool(bracket) != text.strip().endswith(">") or any(not letter.isprintable() for letter in text):
        raise ConfigError("mail.sender has characters that cannot stand in a header")
    try:
        return MailAddress(display_name=name.strip().strip('"'), addr_spec=mail.address(spec))
    except mail.NotAnAddress as error:
        raise ConfigError(f"mail.sender: {error}") from None
