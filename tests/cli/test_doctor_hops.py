"""`ivy doctor --live` on the way between vendors and us: the hop that fails is named, with its evidence and its mend."""

import os
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from quart_trio import QuartTrio
from trio.testing import MockClock

from ivy.adapters.client import open_client
from ivy.cli import doctor_hops, doctor_owners
from ivy.cli.doctor_dependencies import dependencies
from ivy.cli.findings import Finding, State
from ivy.cli.frame import Setup
from ivy.cli.tls_look import Untrusted, ends_at, tls
from ivy.cli.world import emulated
from ivy.config import CharitySection, Config
from ivy.domain.public_paths import WHATSAPP
from ivy.emulators.in_process import in_process
from tests.cli.test_whatsapp_probe_command import Ground, configured, running

GOLDEN = Path(__file__).parent / "dependencies_golden.txt"


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


async def asked(ground: Ground, config: Config | None = None) -> dict[str, Finding]:
    """Walk every hop of a ground; return what was found by its name."""
    config = config or configured()
    where = Setup(ground.folder / "ivy.toml", config, ground.folder, config.database(ground.folder))
    app = QuartTrio(__name__)
    ground.desk.add_routes(app, ground._check_caller)  # pyright: ignore[reportPrivateUsage]
    async with open_client(transport=in_process(app)) as meta, open_client(transport=ground.public) as public:
        found = await doctor_hops.hops(where, meta, ground.now, public=public)
    assert all(each.mend for each in found if each.state in (State.MISSING, State.LOOK)), found
    return {each.what: each for each in found}


# --- the whole way -------------------------------------------------------------------------------------


async def test_with_all_in_order_every_hop_is_ok(autojump_clock: MockClock, ground: Ground) -> None:
    async with running(ground):
        found = await asked(ground)
    assert [
        found[what].state.value
        for what in ("proxy", "signature", "token's lifetime", "number's quality", "subscription")
    ] == ["ok"] * 5
    assert found["TLS"].state is State.NOT_NEEDED


async def test_without_a_daemon_nothing_is_posted_and_the_vendors_are_asked(ground: Ground) -> None:
    ground.public = httpx2.MockTransport(lambda _asked: httpx2.Response(200))
    found = await asked(ground)
    assert found["proxy"].state is State.LOOK and "not running" in found["proxy"].found
    assert found["subscription"].state is State.OK


async def test_a_configuration_that_needs_no_vendor_is_not_asked_about(ground: Ground) -> None:
    found = await asked(ground, configured(enabled=False))
    assert found["public address"].state is State.NOT_NEEDED


Change = Callable[[httpx2.Request], httpx2.Request | httpx2.Response]


class Proxy(httpx2.AsyncBaseTransport):
    """What stands before Ivy, and does something to what passes; the daemon's own address is left alone."""

    def __init__(self, behind: httpx2.AsyncBaseTransport, change: Change) -> None:
        self._behind, self._change = behind, change

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        changed = request if request.url.host == "127.0.0.1" else self._change(request)
        return changed if isinstance(changed, httpx2.Response) else await self._behind.handle_async_request(changed)


def small_bodies_only(request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    return httpx2.Response(413) if int(request.headers.get("content-length", 0)) > 1 << 20 else request


def drops_our_header(request: httpx2.Request) -> httpx2.Request:
    kept = [(name, value) for name, value in request.headers.items() if not name.startswith("x-hub")]
    return httpx2.Request(request.method, request.url, headers=kept, content=request.content)


def leads_nowhere(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused", request=request)


def finds_no_daemon(_request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(502)


def welcomes(_request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, text="Welcome to nginx")


@pytest.mark.parametrize(
    ("change", "what", "named", "mend"),
    [
        (small_bodies_only, "proxy", "no body of 3 MB", "client_max_body_size"),
        (drops_our_header, "signature", "not through the proxy", "X-Hub-Signature-256"),
        (leads_nowhere, "proxy", "cannot be reached", "start the proxy"),
        (finds_no_daemon, "proxy", "finds no daemon", "server.port"),
        (welcomes, "proxy", "where Ivy says 401", "server.port"),
    ],
)
async def test_what_a_proxy_does_is_named(
    autojump_clock: MockClock, ground: Ground, change: Change, what: str, named: str, mend: str
) -> None:
    async with running(ground):
        assert ground.public is not None
        ground.public = Proxy(ground.public, change)
        found = await asked(ground)
    assert found[what].state is State.MISSING
    assert named in found[what].found and mend in found[what].mend


async def test_looking_at_the_proxy_keeps_nothing_and_is_no_evidence_of_a_forger(
    autojump_clock: MockClock, ground: Ground
) -> None:
    async with running(ground) as world:
        await asked(ground)
        kept = await world.store.read(lambda c: c.execute("SELECT count(*) FROM webhook_inbox").fetchone()[0])
        assert dict(world.daemon.health.refused) == {"unsigned": 1}
    assert kept == 1


@pytest.mark.parametrize(("quality", "is_named"), [("GREEN", False), ("YELLOW", True), ("RED", True)])
async def test_a_number_that_people_block_is_worth_a_look(ground: Ground, quality: str, is_named: bool) -> None:
    ground.desk.number.quality = quality
    found = await asked(ground)
    assert (found["number's quality"].state is State.LOOK) == is_named


async def test_a_name_that_leads_nowhere_is_the_first_hop(ground: Ground) -> None:
    official = configured(base_url="https://graph.facebook.com", public_url="https://ivy.invalid")
    found = await asked(
        ground, replace(official, whatsapp=replace(official.whatsapp, base_url="https://graph.facebook.com"))
    )
    assert (found["name resolution"].state, found["name resolution"].found) == (
        State.MISSING,
        "ivy.invalid has no address",
    )
    assert "TLS" not in found and "minutes" in found["name resolution"].takes


# --- the clock -----------------------------------------------------------------------------------------


@given(st.floats(-86400, 86400, allow_nan=False))
def test_the_clock_is_judged_by_how_far_it_is_off(seconds: float) -> None:
    found = doctor_hops.skew(timedelta(seconds=seconds), "graph.facebook.com")
    off = abs(timedelta(seconds=seconds).total_seconds())
    assert found.state is (State.OK if off <= 5 else State.LOOK if off <= 60 else State.MISSING)
    if found.state is not State.OK:
        assert ("ahead of" in found.found) == (seconds > 0) and found.mend == "timedatectl set-ntp true"


@pytest.mark.parametrize(("off", "state"), [(0, State.OK), (400, State.MISSING)])
async def test_a_vendors_date_tells_a_clock_that_is_wrong(ground: Ground, off: int, state: State) -> None:
    told = datetime.now(UTC)
    transport = httpx2.MockTransport(
        lambda _asked: httpx2.Response(404, headers={"date": f"{told:%a, %d %b %Y %H:%M:%S GMT}"})
    )
    async with open_client(transport=transport) as http:
        [found] = await doctor_hops._clock(configured(), http, lambda: told + timedelta(seconds=off))  # pyright: ignore[reportPrivateUsage]
    assert found.state is state


# --- TLS -----------------------------------------------------------------------------------------------


def certificate(folder: Path, until: datetime) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate of localhost; return what serves it, and what trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(until - timedelta(days=90)).not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return serving, ssl.create_default_context(cafile=str(folder / "cert.pem"))


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[ssl.SSLContext | None], Any]]:
    """Serve handshakes, or plain words, on a port until the test ends."""
    async with trio.open_nursery() as nursery:

        async def start(context: ssl.SSLContext | None) -> int:
            async def take(stream: trio.SocketStream) -> None:
                try:
                    if context is None:
                        await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    else:
                        await trio.SSLStream(stream, context, server_side=True).do_handshake()
                    await stream.receive_some()
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    pass

            [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
            nursery.start_soon(trio.serve_listeners, take, [listener])
            return listener.socket.getsockname()[1]

        yield start
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(("days", "state"), [(89, State.OK), (6, State.LOOK)])
async def test_the_days_of_a_certificate_are_counted(tmp_path: Path, serve: Any, days: int, state: State) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    serving, trusting = certificate(tmp_path, now + timedelta(days=days, hours=1))
    port = await serve(serving)
    assert await ends_at("localhost", port, context=trusting) == now + timedelta(days=days, hours=1)
    found = await tls(f"https://localhost:{port}", now, context=trusting)
    assert (found.state, f"valid {days} days" in found.found) == (state, True)


async def test_what_nobody_trusts_is_said_with_the_reason(tmp_path: Path, serve: Any) -> None:
    now = datetime.now(UTC)
    serving, trusting = certificate(tmp_path, now - timedelta(days=1))
    port = await serve(serving)
    with pytest.raises(Untrusted, match="expired"):
        await ends_at("localhost", port, context=trusting)
    with pytest.raises(Untrusted):
        await ends_at("localhost", port)
    found = await tls(f"https://localhost:{port}", now)
    assert found.state is State.MISSING and "nobody trusts" in found.found
    plain = await tls(f"https://localhost:{await serve(None)}", now)
    assert plain.state is State.MISSING and "no TLS" in plain.found
    closed = await tls("https://localhost:9", now)
    assert closed.state is State.MISSING and "cannot be reached" in closed.found


# --- owners and doors ----------------------------------------------------------------------------------


def test_a_file_of_somebody_elses_beside_the_database_is_named(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [found] = doctor_owners.owners(database)
    assert found.state is State.OK
    stray = database.parent / "ivy.db-wal"
    stray.touch()
    if os.geteuid() == 0:
        os.chown(stray, 12345, 12345)
        [found] = doctor_owners.owners(database)
        assert (found.state, "ivy.db-wal (uid 12345)" in found.found) == (State.MISSING, True)
        assert found.mend.startswith("chown -R ")
        os.chown(stray, 0, 0)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    [found] = doctor_owners.owners(database)
    assert found.state is State.LOOK and "you are uid 54321" in found.found


def test_a_secret_that_others_can_read_is_named(tmp_path: Path) -> None:
    assert doctor_owners.secrets_folder(tmp_path) == []
    (tmp_path / "secrets").mkdir()
    for name, mode in (("seal_key", 0o600), ("retell_key", 0o640)):
        (tmp_path / "secrets" / name).write_text("x")
        (tmp_path / "secrets" / name).chmod(mode)
    [found] = doctor_owners.secrets_folder(tmp_path)
    assert found.state is State.LOOK and "retell_key" in found.found and "seal_key" not in found.found


@pytest.mark.parametrize(
    ("host", "is_open"),
    [
        ("127.0.0.1", False),
        ("::1", False),
        ("[::1]", False),
        ("localhost", False),
        ("0.0.0.0", True),  # noqa: S104 - what is found fault with
        ("::", True),
        ("vps", True),
    ],
)
def test_who_can_knock_is_said(host: str, is_open: bool) -> None:
    config = Config()
    opened = replace(config, server=replace(config.server, host=host, ops_host=host))
    states = {each.what: each.state for each in doctor_owners.binding(opened)}
    assert states == (
        {"binding of the probes": State.MISSING, "binding": State.LOOK} if is_open else {"binding": State.OK}
    )


# --- what Ivy leans on ---------------------------------------------------------------------------------


def test_dependencies_of_four_configurations_stay_as_they_were_agreed() -> None:
    alone = replace(Config(), whatsapp=replace(Config().whatsapp, enabled=False))
    whole = emulated(Config())
    whole = replace(
        whole,
        voice=replace(whole.voice, enabled=True),
        sms=replace(whole.sms, enabled=True),
        mail=replace(whole.mail, enabled=True),
        giving=replace(whole.giving, charities={"trees": CharitySection(name="Trees")}),
    )
    shown: list[str] = []
    agent = replace(alone, solo=replace(alone.solo, enabled=True))
    for name, config in (
        ("simulate only", alone), ("an agent of one's own", agent), ("as ivy init begins", Config()), ("everything", whole),
    ):  # fmt: skip
        shown.append(f"{name}:")
        for each in dependencies(config):
            shown.append("  " + " | ".join((each.state.value, each.what, each.found, each.takes)).rstrip(" |"))
            assert each.takes or each.state is not State.MISSING
    assert "\n".join(shown) + "\n" == GOLDEN.read_text()


def test_the_path_that_meta_calls_is_the_one_that_is_tried() -> None:
    tried = doctor_hops._paths(Config())  # pyright: ignore[reportPrivateUsage]
    assert next(path for used, path in tried if used) == WHATSAPP
