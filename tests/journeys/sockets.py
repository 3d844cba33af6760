"""Emulated vendors on real sockets, and an operator who types `ivy` in a folder of their own. Used by the first day."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx2

from ivy.adapters.client import open_client
from ivy.cli.world import make_brain
from ivy.domain import public_paths
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.deliveries import poster
from ivy.emulators.retell import RetellEmulator
from ivy.emulators.retell_people import HangUp, Scripted
from ivy.emulators.whatsapp import WhatsAppEmulator
from ivy.emulators.whatsapp_setup import TokenState
from tests.journeys.fronts import Authority, Front, clock_ahead, fronting
from tests.loopback import on_loopback

ROOT = Path(__file__).parents[2]
TOKEN, EXPIRED, OF_TODAY = ("EAA" + letter * 100 for letter in "bxt")
"""Of a system user; of the dashboard, yesterday's and today's."""
APP_SECRET, OTHER_SECRET = "0123456789abcdef" * 2, "f" * 32
PNID, WABA, OTHER_WABA = "106540352242922", "102290129340398", "102290129340412"
RETELL_KEY, OTHER_KEY = "key_0123456789abcdef", "key_fedcba9876543210"
IVYS_NUMBER, DISPLAY = "+15550102030", "15550783881"
ANTHROPIC_KEY, OTHER_ANTHROPIC_KEY = "sk-ant-api03-abcdefghijk", "sk-ant-api03-zyxwvutsrqp"
SKEW = timedelta(seconds=400)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@dataclass
class Outside:
    """The vendors, where they are, and where Ivy will be."""

    folder: Path
    whatsapp: WhatsAppEmulator
    retell: RetellEmulator
    anthropic: AnthropicEmulator
    http: httpx2.AsyncClient
    authority: Authority
    front: Front
    """The TLS proxy before Ivy."""
    port: int
    ops_port: int = field(default_factory=free_port)
    addresses: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def public(self) -> str:
        return f"https://localhost:{self.front.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What stands for the vendors' own addresses, and for waits that are minutes in production."""
        at = self.addresses
        return {
            "IVY_WHATSAPP__BASE_URL": at["whatsapp"],
            "IVY_VOICE__BASE_URL": at["retell"],
            "IVY_MODELS__PRIMARY__BASE_URL": at["anthropic"],
            "IVY_MODELS__CHEAP__BASE_URL": at["anthropic"],
            "IVY_SERVER__PORT": str(self.port),
            "IVY_SERVER__OPS_PORT": str(self.ops_port),
            "IVY_MEMORY__EMBEDDER": "none",
            "IVY_RETRY__PAUSE_SECONDS": "1",
            "SSL_CERT_FILE": str(self.authority.file),
            "COLUMNS": "500",
        }

    async def fills_in_the_form(self, verify_token: str) -> bool:
        """Do as Meta does when its webhook form is saved: greet first, and keep nothing if that fails."""
        address = f"{self.public}{public_paths.WHATSAPP}"
        query = {**self.whatsapp.handshake(), "hub.verify_token": verify_token}
        answer = await self.http.get(address, params=query)
        if answer.status_code != 200 or answer.text != query["hub.challenge"]:
            return False
        self.whatsapp.setup.app.callback_url = address
        self.whatsapp.setup.app.fields = ("messages", *WANTED)
        return True


WANTED = (
    *("account_alerts", "account_update", "business_capability_update", "flows", "message_template_components_update"),
    *("message_template_quality_update", "message_template_status_update", "phone_number_quality_update", "security"),
    *("template_category_update", "user_preferences"),
)


@asynccontextmanager
async def outside(folder: Path) -> AsyncGenerator[Outside]:
    """Open every vendor on a port of its own."""
    brain, chance, port = make_brain(), Random(1), free_port()
    authority, home = Authority(folder), folder / "home"
    home.mkdir()
    async with AsyncExitStack() as stack:
        trusting = httpx2.AsyncHTTPTransport(verify=authority.trusting())
        http = await stack.enter_async_context(open_client(transport=trusting))
        front = await stack.enter_async_context(fronting(Front(port)))

        def now() -> datetime:
            return datetime.now(UTC)

        async def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
            answer = await http.post(url, content=body, headers=headers)
            return answer.status_code, answer.content

        async def to_ivy(body: bytes, headers: dict[str, str]) -> int:
            return await poster(http, f"{found.public}{public_paths.WHATSAPP}")(body, headers)

        whatsapp = WhatsAppEmulator(
            app_secret=APP_SECRET, token=TOKEN, phone_number_id=PNID, verify_token="", deliver=to_ivy, now=now,
            waba_id=WABA, display_number=DISPLAY,
        )  # fmt: skip
        retell = RetellEmulator(
            api_key=RETELL_KEY, webhook_key=RETELL_KEY, number=IVYS_NUMBER, webhook_url="", deliver=post, now=now,
            chance=chance, brain=brain,
        )  # fmt: skip
        retell.manners.pace, retell.manners.analysis_seconds = 20.0, (0.2, 0.3)
        anthropic = AnthropicEmulator(brain, keys={ANTHROPIC_KEY})
        expired, today = (now() + timedelta(hours=hours) for hours in (-1, 20))
        whatsapp.setup.more_tokens = {
            EXPIRED: TokenState(kind="USER", expires_at=expired), OF_TODAY: TokenState(kind="USER", expires_at=today),
        }  # fmt: skip
        found = Outside(home, whatsapp, retell, anthropic, http, authority, front, port)
        for name, app in (("whatsapp", whatsapp.app), ("retell", retell.app), ("anthropic", anthropic.app)):
            found.addresses[name] = await stack.enter_async_context(on_loopback(app))
        meta = Front(httpx2.URL(found.addresses["whatsapp"]).port or 0, alter=clock_ahead(SKEW))
        found.addresses["whatsapp, by another clock"] = (
            f"http://127.0.0.1:{(await stack.enter_async_context(fronting(meta))).port}"
        )
        yield found


def says_hello() -> Scripted:
    """Whoever picks up, says a few words and hangs up."""
    return Scripted(greeting="Hello?", lines=("Yes, I hear you well.", "All fine, thank you."), then=HangUp("Bye!"))


def log_beside(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.log")


@contextmanager
def daemon(folder: Path, environment: dict[str, str]) -> Generator["subprocess.Popen[str]"]:
    """Run `ivy daemon` as a process until the block ends; what it said is in a file beside the folder then."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("IVY_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "ivy", "daemon"],
        cwd=folder,
        env={**plain, "PYTHONPATH": str(ROOT), **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    said: list[str] = []
    try:
        while line := process.stderr.readline():
            said.append(line)
            if line.startswith("Ivy listens"):
                break
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=20)[1]
        log_beside(folder).write_text("".join([*said, rest]))
