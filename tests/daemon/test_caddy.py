"""The Caddyfile that `ivy init --service` writes, in Debian's own Caddy before the real server: TLS, limits, and what it logs."""

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import trio

from ivy.adapters.whatsapp.signature import sign
from ivy.cli import service_files
from ivy.config import Config, ServerSection
from ivy.daemon.context import Context
from ivy.daemon.webhooks import GUARDS, LARGEST_BODY
from tests.daemon.test_server import SECRET, listening

CADDY = shutil.which("caddy")
PATIENCE = 20
TOKEN = "a-token-that-nobody-else-may-see"
pytestmark = [
    pytest.mark.shell,
    pytest.mark.skipif(CADDY is None, reason="there is no caddy here; apt-get install caddy"),
]


def caddyfile(public_url: str, port: int) -> str:
    config = Config(server=ServerSection(public_url=public_url, port=port))
    [found] = [each for each in service_files.service_files(config) if each.place == "etc/caddy/Caddyfile"]
    return found.text


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@pytest.mark.parametrize("url", ["https://ivy.example.org", "https://ivy.example.org:8443/"])
def test_debians_caddy_takes_it_and_would_not_write_it_otherwise(url: str, tmp_path: Path) -> None:
    path = tmp_path / "Caddyfile"
    path.write_text(caddyfile(url, 8710))
    for words in (["validate", "--adapter", "caddyfile", "--config", str(path)], ["fmt", str(path)]):
        done = subprocess.run([str(CADDY), *words], env=own(tmp_path), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert done.stdout == path.read_text()


def own(folder: Path) -> dict[str, str]:
    """The environment of a Caddy that keeps everything in one folder."""
    return {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}


@dataclass(frozen=True)
class Front:
    """What stands before Ivy, as somebody on the internet sees it."""

    client: httpx2.AsyncClient
    log: Path

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.client.get(path, headers=headers)

    async def post(self, body: bytes, signature: str = "") -> httpx2.Response:
        signed = {"X-Hub-Signature-256": signature or sign(body, SECRET)}
        return await self.client.post("/api/whatsapp/webhook", content=body, headers=signed)

    async def announce(self, length: int) -> bytes:
        """Say how long a body will be, send none of it, and return what is answered."""
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        host, port = self.client.base_url.host, self.client.base_url.port or 443
        stream = await trio.open_ssl_over_tcp_stream(host, port, ssl_context=tls, https_compatible=True)
        with trio.fail_after(PATIENCE):
            async with stream:
                head = f"POST /api/whatsapp/webhook HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {length}\r\n\r\n"
                await stream.send_all(head.encode())
                return bytes(await stream.receive_some())


@asynccontextmanager
async def in_front(folder: Path, port: int) -> AsyncGenerator[Front]:
    """Run the same file with certificates of Caddy's own making, on a port that needs no rights."""
    address = f"https://localhost:{free_port()}"
    local = "{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\tauto_https disable_redirects\n"
    (folder / "Caddyfile").write_text(re.sub(r"^\{\n", local, caddyfile(address, port), count=1, flags=re.MULTILINE))
    log = folder / "caddy.log"
    words = [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with log.open("ab") as to:
        process = subprocess.Popen(words, env=own(folder), stdout=to, stderr=to)  # noqa: ASYNC220 - it starts at once
    try:
        async with httpx2.AsyncClient(base_url=address, verify=False, timeout=PATIENCE) as client:
            await until_it_answers(client)
            yield Front(client, log)
    finally:
        process.terminate()
        process.wait(PATIENCE)


async def until_it_answers(client: httpx2.AsyncClient) -> None:
    with trio.fail_after(PATIENCE):
        while True:
            try:
                await client.get("/")
            except httpx2.TransportError:
                await trio.sleep(0.05)
            else:
                return


async def test_signed_webhooks_come_through_up_to_ivys_own_limit(real_context: Context, tmp_path: Path) -> None:
    async with listening(real_context) as it, in_front(tmp_path, it.port) as front:
        assert (await front.post(b"{}")).status_code == 200
        assert (await front.post(b"x" * LARGEST_BODY)).status_code == 200
        assert await it.kept() == 2
        assert (await front.announce(LARGEST_BODY + 1)).startswith(b"HTTP/1.1 413")
        assert (await front.post(b"{}", signature="sha256=" + "0" * 64)).status_code == 401
        assert (await front.get("/readyz")).status_code == 404
        assert await it.kept() == 2


async def test_headers_that_guard_stand_there_once(real_context: Context, tmp_path: Path) -> None:
    async with listening(real_context) as it, in_front(tmp_path, it.port) as front:
        names = [name.lower() for name, _value in (await front.get("/")).headers.multi_items()]
    for name in (*GUARDS, "Strict-Transport-Security"):
        assert names.count(name.lower()) == 1, names
    assert "server" not in names


async def test_no_token_of_an_address_is_ever_in_its_log(real_context: Context, tmp_path: Path) -> None:
    paths = (f"/me/unsubscribe/{TOKEN}", f"/api/whatsapp/webhook?hub.mode=subscribe&hub.verify_token={TOKEN}")
    async with listening(real_context) as it:
        for port, refusals in ((it.port, {403, 404}), (free_port(), {502})):
            async with in_front(tmp_path, port) as front:
                for path in paths:
                    answer = await front.get(path, Cookie=TOKEN, Referer=f"https://x/{TOKEN}")
                    assert answer.status_code in refusals
    log = (tmp_path / "caddy.log").read_text()
    assert "connection refused" in log and TOKEN not in log
