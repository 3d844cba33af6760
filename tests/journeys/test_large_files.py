"""A voice note as large as WhatsApp takes goes through the real daemon, on real sockets, in little memory."""

import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from ivy.adapters.client import open_client
from ivy.cli.world import APP_SECRET, KEY, PNID, TOKEN, VERIFY, WABA, add_person, make_brain
from ivy.clock import SystemClock
from ivy.daemon.preparing import prepare
from ivy.daemon.server import bind, serve
from ivy.domain.media import CAPS, MEGABYTE, Type
from ivy.emulators import sample_files
from ivy.emulators.anthropic import AnthropicEmulator
from ivy.emulators.deliveries import poster
from ivy.emulators.transcription import TranscriptionEmulator
from ivy.emulators.whatsapp import WhatsAppEmulator
from ivy.store.database import open_store
from ivy.threads import PooledThreads
from tests.journeys.files import VOICE
from tests.journeys.play import ANA

ROOT = Path(__file__).parents[2]
LIMIT = 4 * MEGABYTE
DAEMON = """
import signal, sys, tracemalloc
def tell(*_):
    if not tracemalloc.is_tracing():
        tracemalloc.start()
    with open("memory", "a") as file:
        file.write("%d %d\\n" % tracemalloc.get_traced_memory())
    tracemalloc.reset_peak()
signal.signal(signal.SIGUSR1, tell)
from ivy.cli.app import main
sys.argv = ["ivy", "daemon"]
main()
"""
"""Counts what Python holds from the first signal on: from the start it would make every import ten times as slow."""


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def long_voice_note(size: int) -> bytes:
    """Return a voice note of at most `size` bytes that counts fifteen minutes less a little: what Ivy still listens to."""
    audio = bytearray(sample_files.ogg_opus(size // 12_600, packet=250))
    struct.pack_into("<q", audio, audio.rfind(b"OggS") + 6, 890 * 48_000)
    return bytes(audio)


def environment(ports: dict[str, int]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("IVY_")}
    origin = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    return inherited | {
        "PYTHONPATH": str(ROOT),
        "IVY_SERVER__PORT": str(ports["ivy"]),
        "IVY_SERVER__OPS_PORT": str(ports["ops"]),
        "IVY_STORE__SEAL_KEY": "00" * 32,
        "IVY_WHATSAPP__BASE_URL": origin["whatsapp"],
        "IVY_WHATSAPP__PHONE_NUMBER_ID": PNID,
        "IVY_WHATSAPP__WABA_ID": WABA,
        "IVY_WHATSAPP__TOKEN": TOKEN,
        "IVY_WHATSAPP__APP_SECRETS": APP_SECRET,
        "IVY_WHATSAPP__VERIFY_TOKEN": VERIFY,
        "IVY_MODELS__PRIMARY__BASE_URL": origin["anthropic"],
        "IVY_MODELS__PRIMARY__API_KEY": KEY,
        "IVY_TRANSCRIPTION__BASE_URL": f"{origin['transcription']}/v1",
        "IVY_TRANSCRIPTION__API_KEY": KEY,
    }


def start(folder: Path, ports: dict[str, int]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", DAEMON]
    return subprocess.Popen(command, cwd=folder, env=environment(ports), stderr=subprocess.DEVNULL)


@asynccontextmanager
async def daemon(folder: Path, ports: dict[str, int]) -> AsyncGenerator["subprocess.Popen[bytes]"]:
    """Run the real daemon in a process of its own, until the block ends."""
    process = start(folder, ports)
    try:
        with trio.fail_after(60):
            while not await listens(ports["ivy"]):
                assert process.poll() is None
                await trio.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


async def listens(port: int) -> bool:
    try:
        await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
    except OSError:
        return False
    return True


async def memory(process: "subprocess.Popen[bytes]", folder: Path, number: int) -> tuple[int, int]:
    """Ask the daemon for the bytes that it holds, and for the most it held since it was asked last."""
    process.send_signal(signal.SIGUSR1)
    told: list[str] = []
    while len(told) < number:
        await trio.sleep(0.05)
        told = (folder / "memory").read_text().splitlines() if (folder / "memory").exists() else []
    now, most = told[number - 1].split()
    return int(now), int(most)


@pytest.mark.drill
async def test_a_voice_note_of_16_megabytes_takes_less_than_four(tmp_path: Path) -> None:
    (tmp_path / "ivy.toml").touch()
    path = tmp_path / "data" / "ivy.db"
    path.parent.mkdir(mode=0o700)
    prepare(path)
    async with open_store(path, threads=PooledThreads()) as store:
        await add_person(store, "ana", ANA, now=SystemClock().now())
    ports = {name: free_port() for name in ("ivy", "ops", "whatsapp", "anthropic", "transcription")}
    small, large = sample_files.ogg_opus(3), long_voice_note(CAPS[Type.AUDIO])
    assert CAPS[Type.AUDIO] - MEGABYTE < len(large) <= CAPS[Type.AUDIO]
    ears = TranscriptionEmulator(keys={KEY})
    ears.say(small, "I spent $7 on coffee")
    ears.say(large, "I spent $8 on tea")
    async with open_client() as http, trio.open_nursery() as nursery:
        post = poster(http, f"http://127.0.0.1:{ports['ivy']}/api/whatsapp/webhook")
        meta = WhatsAppEmulator(
            app_secret=APP_SECRET,
            token=TOKEN,
            phone_number_id=PNID,
            verify_token=VERIFY,
            deliver=post,
            now=SystemClock().now,
            waba_id=WABA,
        )
        meta.media.origin = f"http://127.0.0.1:{ports['whatsapp']}"
        apps: dict[str, Any] = {
            "whatsapp": meta.app,
            "anthropic": AnthropicEmulator(make_brain()).app,
            "transcription": ears.app,
        }
        for name, app in apps.items():
            nursery.start_soon(partial(serve, app, bind("127.0.0.1", ports[name]), stop=trio.Event(), grace=1))
        nursery.start_soon(meta.run)

        async def speak(audio: bytes, replies: int) -> str:
            await meta.person_sends(ANA, meta.media.content_of("audio", meta.media.put(audio, VOICE), voice=True))
            with trio.fail_after(60):
                return (await meta.wait_for_reply(ANA, replies))[-1].text

        async with daemon(tmp_path, ports) as process:
            assert "7.00" in await speak(small, 1)  # the first note pays for what is made once
            before, _ = await memory(process, tmp_path, 1)
            assert "8.00" in await speak(large, 2)
            _, most = await memory(process, tmp_path, 2)
        nursery.cancel_scope.cancel()
    kept = [each for each in (path.parent / "media").rglob("*") if each.is_file()]
    assert sorted(each.stat().st_size for each in kept) == [len(small), len(large)]
    assert most - before < LIMIT, (most - before) / MEGABYTE
