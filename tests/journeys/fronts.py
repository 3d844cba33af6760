"""What stands between vendors and Ivy: a TLS proxy whose certificate can change, and a wire on which a vendor's clock is off."""

import re
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DATE = re.compile(rb"(?<=\r\ndate: )[^\r\n]{29}", re.IGNORECASE)
PIECE = 65536
Alter = Callable[[bytes], bytes]


# --- certificates --------------------------------------------------------------------------------------


class Authority:
    """Who signs certificates of localhost; whoever reads `file` (SSL_CERT_FILE) trusts it."""

    def __init__(self, folder: Path) -> None:
        self.file, self._folder = folder / "authority.pem", folder
        self._key, self._name = ec.generate_private_key(ec.SECP256R1()), _named("Emulated Authority")
        self._made = 0
        now = datetime.now(UTC)
        made = (
            _certificate(
                self._name, self._name, self._key.public_key(), now - timedelta(days=1), now + timedelta(days=365)
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def trusting(self) -> ssl.SSLContext:
        """Return what somebody elsewhere judges a certificate with, as vendors do."""
        return ssl.create_default_context(cafile=str(self.file))

    def certifies(self, until: datetime) -> ssl.SSLContext:
        """Return what serves a certificate that is good until then."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = (
            _certificate(_named("localhost"), self._name, key.public_key(), until - timedelta(days=90), until)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self._made += 1
        file = self._folder / f"certificate{self._made}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(until)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs, crl_sign=signs, encipher_only=False, decipher_only=False,
    )  # fmt: skip


# --- wires ---------------------------------------------------------------------------------------------


@dataclass
class Front:
    """A port that leads to another one. `serving`: with TLS, by this certificate, which may be changed at any time."""

    to: int
    port: int = 0
    serving: ssl.SSLContext | None = None
    alter: Alter = bytes
    """What is done to each piece that comes back."""

    async def lead(self, stream: trio.SocketStream) -> None:
        """Carry bytes both ways until one side is done. Nobody behind it: 502, as of a proxy without a daemon."""
        near = (
            stream
            if self.serving is None
            else trio.SSLStream(stream, self.serving, server_side=True, https_compatible=True)
        )
        try:
            async with near:
                try:
                    far = await trio.open_tcp_stream("127.0.0.1", self.to)
                except OSError:
                    await near.send_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    return
                async with far, trio.open_nursery() as nursery:
                    nursery.start_soon(_carry, near, far, bytes, nursery.cancel_scope)
                    await _carry(far, near, self.alter, nursery.cancel_scope)
        except (trio.BrokenResourceError, trio.ClosedResourceError):  # who does not trust the certificate hangs up
            pass


async def _carry(source: trio.abc.Stream, sink: trio.abc.Stream, alter: Alter, both: trio.CancelScope) -> None:
    try:
        while piece := await source.receive_some(PIECE):
            await sink.send_all(alter(bytes(piece)))
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    both.cancel()


@asynccontextmanager
async def fronting(front: Front) -> AsyncGenerator[Front]:
    """Open a front on a free port of 127.0.0.1 until the block ends."""
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    front.port = listener.socket.getsockname()[1]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, front.lead, [listener])
        yield front
        nursery.cancel_scope.cancel()


def clock_ahead(by: timedelta) -> Alter:
    """Return what makes answers tell another time: as a vendor's look to a machine whose own clock is off by as much."""

    def later(told: re.Match[bytes]) -> bytes:
        return format_datetime(parsedate_to_datetime(told[0].decode()) + by, usegmt=True).encode()

    return lambda piece: DATE.sub(later, piece)
