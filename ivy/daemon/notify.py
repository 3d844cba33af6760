"""Tells systemd how the daemon is: ready, stopping, alive. Silent where nobody listens. May import: web, the store and below.

Source: sd_notify(3): a datagram to the socket that NOTIFY_SOCKET names; a name that begins with @ is an abstract one.
"""

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

import trio

from ivy import log
from ivy.daemon.web import OLDEST_BEAT
from ivy.store.database import Store

logger = log.get(__name__)
READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"
PATIENCE = 5.0


@dataclass(frozen=True)
class Systemd:
    """Who started us, if it wants to hear of us: the address of its socket, and how long it lets us be silent."""

    address: str = ""
    watchdog_seconds: float = 0.0

    async def tell(self, words: str) -> None:
        """Send a state of sd_notify(3), one a line. Whatever goes wrong is only logged: Ivy works without being heard."""
        if not self.address:
            return
        try:
            with trio.fail_after(PATIENCE), trio.socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
                await to.sendto(words.encode(), self.address)
        except (OSError, trio.TooSlowError) as error:
            logger.warning("systemd could not be told %s: %r", words.partition("\n")[0], error)

    async def keep_alive(self, store: Store) -> None:
        """Say again and again that Ivy is alive, while it is: this loop goes round, and the writer commits.

        What silence leads to is systemd's: it ends the process and starts a fresh one.
        """
        while self.address and self.watchdog_seconds:
            await trio.sleep(self.watchdog_seconds / 3)
            if (silent := time.monotonic() - store.beat) < OLDEST_BEAT:
                await self.tell(ALIVE)
            else:
                logger.error("the writer last committed %.0f s ago: systemd is not told that all is well", silent)


def systemd_of(environment: Mapping[str, str]) -> Systemd:
    """Return what an environment says of systemd; WATCHDOG_PID names whom its watchdog means."""
    name = environment.get("NOTIFY_SOCKET", "")
    address = f"\0{name[1:]}" if name.startswith("@") else name
    meant = environment.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
    microseconds = environment.get("WATCHDOG_USEC", "")
    return Systemd(address, int(microseconds) / 1e6 if meant and microseconds.isdecimal() else 0.0)
