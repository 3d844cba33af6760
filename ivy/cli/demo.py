"""The main job, shown: the real daemon in a process of its own, emulated vendors on loopback ports. May import: everything.

Behind `scripts/demo`; not a command of `ivy`. It ends with a daemon that is killed while it owes an answer.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random

import httpx2
import trio

from ivy import log
from ivy.adapters.client import open_client
from ivy.cli import demo_day
from ivy.cli.world import APP_SECRET, KEY, PNID, TOKEN, VERIFY, VOICE_KEY, VOICE_NUMBER, make_brain
from ivy.clock import SystemClock
from ivy.daemon.server import bind, serve
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.deliveries import poster
from ivy.emulators.openai import OpenAIEmulator
from ivy.emulators.retell import RetellEmulator
from ivy.emulators.retell_calls import Turn
from ivy.emulators.retell_people import scripted
from ivy.emulators.whatsapp import WhatsAppEmulator
from ivy.store.binding import Connection
from ivy.store.settings import open_reader

PHONE = "+12025550143"
READY_WITHIN = 20.0
ANSWER_WITHIN = 30.0
TALK = (
    "hello",
    "book appointment tomorrow 2pm",
    "remind me at 9am to call John",
    "I spent $50 on lunch",
    "plan a run today",
    "done",
    "how much did I spend this week?",
)
CONFIGURATION = """\
[store]
path = "ivy.db"
seal_key_file = "secrets/seal_key"
[server]
port = {port}
ops_port = {ops_port}
public_url = "http://127.0.0.1:{port}"
[whatsapp]
base_url = "http://127.0.0.1:{whatsapp}"
phone_number_id = "{pnid}"
token_file = "secrets/token"
app_secrets_file = "secrets/app"
verify_token_file = "secrets/verify"
[models.primary]
vendor = "anthropic"
model = "claude-sonnet-5-5"
base_url = "http://127.0.0.1:{anthropic}"
api_key_file = "secrets/model"
[models.fallback]
vendor = "openai"
model = "gpt-6-luna"
base_url = "http://127.0.0.1:{openai}/v1"
api_key_file = "secrets/model"
[models.cheap]
vendor = ""
[voice]
enabled = true
base_url = "http://127.0.0.1:{retell}"
api_key_file = "secrets/voice"
number = "{number}"
[operator]
phone = "{phone}"
[log]
level = "warning"
"""


class Demo:
    """One run: a folder, three emulators, and a daemon that may be killed and started again."""

    def __init__(
        self,
        folder: Path,
        whatsapp: WhatsAppEmulator,
        retell: RetellEmulator,
        http: httpx2.AsyncClient,
        ports: dict[str, int],
    ) -> None:
        self.folder = folder
        self.whatsapp = whatsapp
        self.retell = retell
        self._http = http
        self._ports = ports
        self._process: subprocess.Popen[bytes] | None = None

    async def ivy(self, *words: str) -> None:
        """Run a command of Ivy's, as an operator would type it."""
        line = [sys.executable, "-m", "ivy", "--config", str(self.folder / "ivy.toml"), *words]
        await trio.run_process(line, env=self._environment())

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "NO_COLOR": "1", "COLUMNS": "100"}

    async def start(self) -> None:
        """Start the daemon and wait until it is ready."""
        words = [sys.executable, "-m", "ivy", "--config", str(self.folder / "ivy.toml"), "daemon"]
        self._process = subprocess.Popen(words, env=self._environment(), stderr=subprocess.DEVNULL)  # noqa: S603, ASYNC220
        with trio.fail_after(READY_WITHIN):
            while not await self._ready():
                await trio.sleep(0.05)

    async def _ready(self) -> bool:
        try:
            return (await self._http.get(f"http://127.0.0.1:{self._ports['ops_port']}/readyz")).status_code == 200
        except httpx2.HTTPError:
            return False

    def end(self, number: signal.Signals) -> None:
        """Send the daemon a signal and wait for its end."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    async def say(self, text: str, *, answered: bool = True) -> None:
        """Let Ana write; show her words and, if it is waited for, the answer."""
        print(f"Ana  › {text}", flush=True)
        before = len(self.whatsapp.got(PHONE))
        await self.whatsapp.person_says(PHONE, text, name="Ana")
        await self.whatsapp.deliveries.settled()
        if answered:
            await self.hear(before + 1)

    async def call(self) -> None:
        """Let the daemon phone Ana, and show what was said."""
        await self.ivy("voice", "agents", "sync")
        self.retell.person_answers(PHONE, scripted("yes, loud and clear", "bye"))
        await self.ivy("call", "Ana", "--kind", "test")
        for turn in self.retell.placed[-1].entries:
            if isinstance(turn, Turn):
                print(f"{'Ivy ' if turn.role == 'agent' else 'Ana '} ☎ {turn.content}", flush=True)

    async def hear(self, count: int) -> None:
        """Wait until `count` messages came in all, and show the last."""
        with trio.fail_after(ANSWER_WITHIN):
            got = await self.whatsapp.wait_for_reply(PHONE, count)
        print(f"Ivy  › {got[-1].text}", flush=True)


async def run() -> None:
    """Play the demo from an empty folder to what was stored."""
    log.start("error", plain=True)
    with tempfile.TemporaryDirectory(prefix="ivy-demo-") as name:
        async with _vendors(Path(name)) as demo:
            try:
                await _play(demo)
            finally:
                demo.end(signal.SIGKILL)


async def _play(demo: Demo) -> None:
    print(
        "1. The real daemon starts, with emulated WhatsApp and models and no keys, and somebody is let in.\n",
        flush=True,
    )
    await demo.start()
    await demo.ivy("onboard", "--name", "Ana", "--phone", PHONE, "--zone", "America/New_York", "--locale", "en-US", "--currency",
                   "USD", "--consent", "yes, message me")  # fmt: skip
    print("\n2. A conversation, through signed webhooks.\n", flush=True)
    for line in TALK:
        await demo.say(line)
    print("\n3. A phone call, by the same daemon: the operator tests the line.\n", flush=True)
    await demo.call()
    print("\n4. The daemon is killed while it owes an answer, and started again.\n", flush=True)
    before = len(demo.whatsapp.got(PHONE))
    await demo.say("I spent 12.50 on coffee", answered=False)
    demo.end(signal.SIGKILL)
    print("     (kill -9, the moment the message was acknowledged; now it starts again)", flush=True)
    await demo.start()
    await demo.hear(before + 1)
    await demo.whatsapp.deliveries.settled()
    await trio.sleep(0.5)
    print("\n5. What was stored.\n", flush=True)
    _show(demo.folder / "ivy.db")
    demo.end(signal.SIGTERM)
    print("\nThe daemon stopped in good order. Everything above lived in one file that is deleted now.", flush=True)


STORED = (
    ("messages", "SELECT count(*) || ' in, ' || (SELECT count(*) FROM messages_v2 WHERE direction = 'out' AND kind <> 'reaction')"
     " || ' out, '"
     " || (SELECT count(*) FROM messages_v2 WHERE state = 'delivered') || ' delivered' FROM messages_v2 WHERE direction = 'in'"),
    ("appointment", "SELECT title || ' at ' || replace(starts_wall, 'T', ' ') FROM calendar_events"),
    ("reminder", "SELECT text || ' at ' || replace(next_wall, 'T', ' ') FROM reminders JOIN schedules ON ref_id = reminders.id"),
    ("expense", "SELECT printf('%s, %d minor units %s, %s', description, amount_minor, currency, category) FROM expenses"),
    ("workout", "SELECT kind || ', ' || state FROM workouts"),
    ("streak", "SELECT day || ' ' || outcome FROM streak_events"),
    ("tools", "SELECT count(*) || ' ran, each once' FROM tool_executions WHERE status = 'done'"),
    ("model calls", "SELECT count(*) || ', all in the ledger' FROM ai_usage JOIN cost_ledger USING (id)"),
    ("dead letters", "SELECT count(*) FROM dead_letters"),
)  # fmt: skip


def _show(database: Path) -> None:
    connection: Connection = open_reader(database)
    for title, sql in STORED:
        for row in connection.execute(sql):
            print(f"     {title:<13} {row[0]}", flush=True)
    connection.close()


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _number in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


@asynccontextmanager
async def _vendors(folder: Path) -> AsyncGenerator[Demo]:
    """Serve the emulators on loopback ports and write a configuration that leads to them."""
    brain, clock = make_brain(), SystemClock()
    names = ("port", "ops_port", "whatsapp", "anthropic", "openai", "retell")
    ports: dict[str, int] = dict(zip(names, _free_ports(len(names)), strict=True))
    (folder / "secrets").mkdir(mode=0o700)
    known = {"token": TOKEN, "app": APP_SECRET, "verify": VERIFY, "model": KEY, "voice": VOICE_KEY}
    for name, value in {"seal_key": secrets.token_hex(32), **known}.items():
        (folder / "secrets" / name).touch(mode=0o600)
        (folder / "secrets" / name).write_text(value)
    (folder / "ivy.toml").write_text(CONFIGURATION.format(pnid=PNID, number=VOICE_NUMBER, phone=PHONE, **ports))
    stop = trio.Event()
    async with open_client() as http, trio.open_nursery() as nursery:
        deliver = poster(http, f"http://127.0.0.1:{ports['port']}/api/whatsapp/webhook")
        whatsapp = WhatsAppEmulator(
            app_secret=APP_SECRET,
            token=TOKEN,
            phone_number_id=PNID,
            verify_token=VERIFY,
            deliver=deliver,
            now=clock.now,
        )
        retell = RetellEmulator(
            api_key=VOICE_KEY,
            webhook_key=VOICE_KEY,
            number=VOICE_NUMBER,
            webhook_url="",
            deliver=partial(_deliver, http),
            now=clock.now,
            chance=Random(1),
            brain=brain,
        )
        apps = {
            "whatsapp": whatsapp.app,
            "retell": retell.app,
            "anthropic": AnthropicEmulator(brain).app,
            "openai": OpenAIEmulator(brain).app,
        }
        for name, app in apps.items():
            nursery.start_soon(partial(serve, app, bind("127.0.0.1", ports[name]), stop=stop, grace=1))
        nursery.start_soon(whatsapp.run)
        nursery.start_soon(retell.run)
        yield Demo(folder, whatsapp, retell, http, ports)
        stop.set()
        nursery.cancel_scope.cancel()


async def _deliver(http: httpx2.AsyncClient, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    response = await http.post(url, content=body, headers=headers)
    return response.status_code, response.content


def main() -> None:
    trio.run(run)
    print("\n6. A day with the coach, on a virtual clock: two calls, a plan, a word, a streak, a gift.\n", flush=True)
    demo_day.play()


if __name__ == "__main__":
    main()
