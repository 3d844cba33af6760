"""The line between a mail server and who calls it: whole lines in, answers out, TLS when asked. May import: trio."""

import ssl

import trio
from trio.abc import Stream

LONGEST_COMMAND = 512
LONGEST_SIGN_IN = 12288
"""Sources: RFC 5321, 4.5.3.1.4; RFC 4954, 4."""
IDLE_SECONDS = 300.0


class Gone(Exception):
    """The conversation is over."""


class Line:
    """One connection. Whoever breaks the rules of lines is told once and left: so do smugglers of mail."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._unread = bytearray()
        self.secure = False

    @property
    def has_unread(self) -> bool:
        return bool(self._unread)

    async def answer(self, code: int, *lines: str) -> None:
        *all_but_last, last = lines
        text = "".join(f"{code}-{line}\r\n" for line in all_but_last) + f"{code} {last}\r\n"
        with trio.fail_after(IDLE_SECONDS):
            await self._stream.send_all(text.encode())

    async def words(self, longest: int = LONGEST_COMMAND) -> str:
        """Return the next line as text, without its end. Raises: Gone."""
        line = await self.raw(longest)
        if not line.isascii():
            await self.answer(500, "5.5.2 Commands are ASCII")
            raise Gone
        return line[:-2].decode()

    async def raw(self, longest: int) -> bytes:
        """Return the next line with its CRLF. Raises: Gone."""
        seen = 0
        while (end := self._unread.find(b"\n", seen)) < 0:
            seen = len(self._unread)
            if seen > longest:
                await self._leave(longest)
            await self._receive()
        line = bytes(self._unread[: end + 1])
        del self._unread[: end + 1]
        if len(line) > longest or not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            await self._leave(longest)
        return line

    async def silence(self) -> None:
        """Say nothing until the other side has had enough. Raises: Gone."""
        while True:
            await self._receive()
            self._unread.clear()

    async def begin_tls(self, context: ssl.SSLContext) -> None:
        secured = trio.SSLStream(self._stream, context, server_side=True, https_compatible=True)
        self._stream = secured
        with trio.fail_after(IDLE_SECONDS):
            await secured.do_handshake()
        self.secure = True

    async def close(self) -> None:
        await trio.aclose_forcefully(self._stream)

    async def _receive(self) -> None:
        with trio.fail_after(IDLE_SECONDS):
            received = await self._stream.receive_some()
        if not received:
            raise Gone
        self._unread += received

    async def _leave(self, longest: int) -> None:
        await self.answer(500, f"5.5.2 Lines end in CR and LF, and have at most {longest} bytes")
        raise Gone
