"""One conversation with a mail server, blocking, for a thread of its own. May import: the domain and below.

The standard library's client, step by step: only so is it known whether the mail had left when something broke.
"""

import contextlib
import re
import smtplib
import ssl
import time
from collections.abc import Callable
from typing import TypeVar

from ivy.domain.envelopes import Envelope, Failed, Server, Step

T = TypeVar("T")
STEP_SECONDS = 10.0
TOTAL_SECONDS = 20.0
"""A server that answers each step at the last moment is left all the same: a job's attempt has 30 s."""
GOODBYE_SECONDS = 1.0
_DOT_LINE = re.compile(rb"(?m)^\.")


def smtp_deliver(envelope: Envelope) -> None:
    """Hand one mail to its server. Raises: Failed."""
    session = _Session(envelope.server, own_name=envelope.sender.rpartition("@")[2])
    try:
        session.open()
        session.hand_over(envelope)
    finally:
        session.close()


def greet(server: Server, own_name: str) -> None:
    """Connect, secure the line, sign in and leave again: no mail is sent. Raises: Failed."""
    session = _Session(server, own_name=own_name)
    try:
        session.open()
    finally:
        session.close()


class _Session:
    def __init__(self, server: Server, *, own_name: str) -> None:
        self._server = server
        self._own_name = own_name  # else smtplib asks the resolver for ours, which can take as long as everything else
        self._smtp: smtplib.SMTP | None = None
        self._until = time.monotonic() + TOTAL_SECONDS
        self._talking = False

    def open(self) -> None:
        """Connect, say hello, secure the line and sign in."""
        self._do(Step.CONNECT, self._connect)
        smtp = self._connected()
        self._do(Step.HELLO, smtp.ehlo_or_helo_if_needed)
        if self._server.tls == "starttls":
            context = ssl.create_default_context()
            self._do(Step.SECURE, lambda: smtp.starttls(context=context))
            self._do(Step.HELLO, smtp.ehlo_or_helo_if_needed)
        if self._server.user:
            self._do(Step.SIGN_IN, lambda: smtp.login(self._server.user, self._server.password))

    def hand_over(self, envelope: Envelope) -> None:
        """Send one mail; it returns when the server has answered for it."""
        smtp = self._connected()
        content = _DOT_LINE.sub(b"..", envelope.content)
        options = [f"SIZE={len(envelope.content)}"] if smtp.has_extn("size") else []
        self._ask(Step.SENDER, lambda: smtp.mail(envelope.sender, options))
        self._ask(Step.RECIPIENT, lambda: smtp.rcpt(envelope.recipient))
        self._ask(Step.DATA, lambda: smtp.docmd("DATA"), wanted=3)
        # If this breaks, the end of the mail never left, and no server may act on half of one.
        self._do(Step.DATA, lambda: smtp.send(content + b".\r\n"))
        self._ask(Step.CONTENT, smtp.getreply)

    def close(self) -> None:
        """Say goodbye if the server still listens. Whatever it answers, the mail's fate is known by now."""
        if self._smtp is None:
            return
        with contextlib.suppress(OSError):  # every smtplib error is one
            if self._talking and self._smtp.sock is not None:
                self._smtp.sock.settimeout(GOODBYE_SECONDS)
                self._smtp.quit()
        self._smtp.close()

    def _connect(self) -> None:
        server = self._server
        if server.tls == "tls":
            self._smtp = smtplib.SMTP_SSL(
                server.host,
                server.port,
                local_hostname=self._own_name,
                timeout=STEP_SECONDS,
                context=ssl.create_default_context(),
            )
        else:
            self._smtp = smtplib.SMTP(server.host, server.port, local_hostname=self._own_name, timeout=STEP_SECONDS)

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            raise Failed(Step.CONNECT)
        return self._smtp

    def _ask(self, step: Step, call: Callable[[], tuple[int, bytes]], *, wanted: int = 2) -> None:
        """Raise Failed unless the server's answer is of the wanted hundred."""
        code, text = self._do(step, call)
        if code // 100 != wanted:
            raise Failed(step, code, _words(text))

    def _do(self, step: Step, call: Callable[[], T]) -> T:
        self._talking = False
        self._limit(step)
        try:
            result = call()
        except smtplib.SMTPResponseException as error:
            if step is Step.CONTENT:  # not an answer: smtplib's own word for one that it could not read
                raise Failed(step, text="its answer cannot be read") from None
            self._talking = True
            raise Failed(step, error.smtp_code, _words(error.smtp_error)) from None
        except smtplib.SMTPServerDisconnected as error:
            raise Failed(step, text=f"the server hung up or was silent ({error})") from None
        except smtplib.SMTPException as error:  # no STARTTLS on offer, no way to sign in that we know
            raise Failed(step, text=str(error), misfit=True) from None
        except ssl.SSLError as error:
            raise Failed(step, text=f"TLS: {error.reason or type(error).__name__}", misfit=_is_ours(error)) from None
        except UnicodeError:
            raise Failed(step, text="the name or the password cannot be written in SMTP", misfit=True) from None
        except OSError as error:
            raise Failed(step, text=error.strerror or type(error).__name__) from None
        self._talking = True
        return result

    def _limit(self, step: Step) -> None:
        """Give the next step its time, or raise Failed. A server that looks a mail over may take all that is left."""
        left = self._until - time.monotonic()
        longest = max(left, STEP_SECONDS) if step is Step.CONTENT else min(left, STEP_SECONDS)
        if longest <= 0:
            raise Failed(step, text="it takes too long")
        if self._smtp is not None and self._smtp.sock is not None:
            self._smtp.sock.settimeout(longest)


def _is_ours(error: ssl.SSLError) -> bool:
    """Say whether only the operator can mend it: a certificate that is not the host's, or no TLS at all on this port."""
    return isinstance(error, ssl.SSLCertVerificationError) or error.reason == "WRONG_VERSION_NUMBER"


def _words(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
