"""Files by way of Meta: looked up, brought here through a narrow door, handed over. May import: ports and below.

The address of a file comes from outside: only Meta's own hosts are asked, over https, and only the first of them sees the
token. What arrives is counted, timed and compared with what was announced. Sources: Cloud API "Media"; addresses live
five minutes.
"""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import IO, Protocol

import httpx2
import msgspec
import trio

from ivy import __version__
from ivy.adapters.client import failure, retry_after
from ivy.adapters.whatsapp import graph
from ivy.adapters.whatsapp.errors import MEANINGS, VENDOR
from ivy.domain.media import CAPS, SENT, Reason, digest_of
from ivy.errors import ConfigError, OutcomeUnknown, VendorBusy, VendorMisconfigured, VendorRefused
from ivy.ports import Sink
from ivy.threads import Threads

HOSTS = ("fbsbx.com", "fbcdn.net", "whatsapp.net")
"""Where Meta keeps files, these and all below them: normally lookaside.fbsbx.com."""
MOST_REDIRECTS = 3
PIECE = 64 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost", "emulated"})
_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)
_GONE = frozenset({401, 403, 404, 410})
"""What an address answers that has outlived its five minutes."""
_NO_SUCH_OBJECT = 33


class _LookedUp(msgspec.Struct, frozen=True):
    url: str
    mime_type: str = ""
    sha256: str = ""
    file_size: int = 0


class _Uploaded(msgspec.Struct, frozen=True):
    id: str


class _Stale(Exception):
    """The address was good once."""


class FileDesk(Protocol):
    """Where files are looked up and handed over: `Graph`, or what answers as it does."""

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes: ...

    async def post_file(
        self, path: str, fields: Mapping[str, str], *, name: str, content: bytes | IO[bytes], mime: str
    ) -> bytes: ...


class MediaDoor:
    """The files of one number. The client is the caller's.

    `hosts` are names whose files may be fetched, with all below them. `local_origin` ("http://127.0.0.1:8720") is an
    emulator's, the one place that may be asked without TLS. Raises: ConfigError for a host that is no outside name.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        desk: FileDesk,
        phone_number_id: str,
        hosts: Sequence[str] = HOSTS,
        *,
        token: str,
        threads: Threads,
        local_origin: str = "",
    ) -> None:
        self._http = http
        self._desk = desk
        self._phone_number_id = phone_number_id
        self._hosts = tuple(_outside(host) for host in hosts)
        self._token = token
        self._threads = threads
        self._local = _loopback(local_origin) if local_origin else None

    # --- in ----------------------------------------------------------------------------------------

    async def fetch(self, media_id: str, sink: Sink, *, cap: int, seconds: float, sha256: str = "") -> str:
        """Bring a file of at most `cap` bytes, within `seconds`; return the type Meta gives it, or "".

        Raises: VendorBusy, VendorMisconfigured, VendorRefused whose `code` is a `Reason`; whatever `sink` raises. What
        the sink holds is whole only after a return.
        """
        try:
            with trio.fail_after(seconds):
                found = await self._brought(media_id, sink, cap)
                await _check_whole(sink, sha256, found.sha256)
        except trio.TooSlowError:
            raise VendorBusy(VENDOR, f"the file did not arrive within {seconds:.0f} s") from None
        return found.mime_type

    async def _brought(self, media_id: str, sink: Sink, cap: int) -> _LookedUp:
        found = await self._look_up(media_id, cap)
        try:
            await self._download(found, sink, cap)
        except _Stale:
            found = await self._look_up(media_id, cap)
            try:
                await self._download(found, sink, cap)
            except _Stale as error:
                raise _refused(Reason.GONE, f"Meta no longer gives it out ({error})") from None
        return found

    async def _look_up(self, media_id: str, cap: int) -> _LookedUp:
        if not _MEDIA_ID.fullmatch(media_id):
            raise _refused(Reason.UNSAFE, "its id is none of Meta's")
        try:
            found = graph.read(await self._desk.get(media_id, {"phone_number_id": self._phone_number_id}), _LookedUp)
        except OutcomeUnknown as error:  # looking changes nothing, so it may simply be done again
            raise VendorBusy(VENDOR, error.reason) from error
        except (VendorRefused, VendorMisconfigured) as error:
            if isinstance(error, VendorRefused) or MEANINGS[_NO_SUCH_OBJECT].text in error.reason:
                raise _refused(Reason.GONE, f"Meta does not have it: {error.reason}") from error
            raise
        if found.file_size > cap:
            raise _refused(Reason.TOO_LARGE, f"{found.file_size} bytes are announced, more than {cap}")
        return found

    async def _download(self, found: _LookedUp, sink: Sink, cap: int) -> None:
        address = self._checked(found.url)
        first = address.host
        for _hop in range(MOST_REDIRECTS + 1):
            headers = {"User-Agent": f"ivy/{__version__}", "Accept-Encoding": "identity"}
            if address.host == first:  # another host may be Meta's too, but need not know who asks
                headers["Authorization"] = f"Bearer {self._token}"
            try:
                async with self._http.stream("GET", address, headers=headers) as response:
                    if not response.is_redirect:
                        return await _take(response, sink, found.file_size, cap)
                    address = self._checked(_joined(address, response.headers.get("location", "")))
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise VendorBusy(VENDOR, failure(VENDOR, error).reason) from error
        raise _refused(Reason.UNSAFE, f"it was redirected more than {MOST_REDIRECTS} times")

    def _checked(self, url: httpx2.URL | str) -> httpx2.URL:
        """Return an address that may be asked. Raises: VendorRefused, without the address: it may hold a secret."""
        try:
            address = httpx2.URL(url)
        except (httpx2.InvalidURL, TypeError, ValueError) as error:
            raise _refused(Reason.UNSAFE, "its address cannot be read") from error
        if self._local is not None and _origin(address) == _origin(self._local) and not address.userinfo:
            return address
        if address.scheme != "https" or address.userinfo or address.port not in (None, 443):
            raise _refused(Reason.UNSAFE, f"its address at {address.host[:100]!r} is no plain https")
        if not any(address.host == host or address.host.endswith(f".{host}") for host in self._hosts):
            raise _refused(Reason.UNSAFE, f"{address.host[:100]!r} is none of Meta's hosts")
        return address

    # --- out ---------------------------------------------------------------------------------------

    async def upload(self, path: Path, *, mime: str, filename: str) -> str:
        """Hand a file over, read in pieces; return Meta's id for it, good for 30 days and for any person.

        Raises: VendorBusy (uploading twice does no harm), VendorMisconfigured, VendorRefused (`local`: Meta would refuse).
        """
        try:
            file, size = await self._threads.run(_open, path)
        except FileNotFoundError as error:
            raise VendorRefused(VENDOR, "the file is kept no more", code="local") from error
        try:
            if reason := _unfit(mime, size):
                raise VendorRefused(VENDOR, reason, code="local")
            fields = {"messaging_product": "whatsapp", "type": mime}
            path_of = f"{self._phone_number_id}/media"
            answer = await self._desk.post_file(path_of, fields, name=filename or "file", content=file, mime=mime)
            return graph.read(answer, _Uploaded).id
        except OutcomeUnknown as error:
            raise VendorBusy(VENDOR, error.reason) from error
        finally:
            file.close()


def _outside(host: str) -> str:
    """Return a host's name in its usual form. Raises: ConfigError for an address in numbers, or of this machine."""
    name = host.strip().strip(".").lower()
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name) and not name.endswith(
            (".localhost", ".local", ".internal")
        ):
            return name
    raise ConfigError(f"files cannot be fetched from {host!r}: name a host of the vendor's, such as {HOSTS[0]}")


def _loopback(origin: str) -> httpx2.URL:
    address = httpx2.URL(origin)
    if address.host not in _LOOPBACK:
        raise ConfigError(f"{origin} is no emulator on this machine: files are not fetched from there")
    return address


def _origin(address: httpx2.URL) -> tuple[str, str, int | None]:
    return address.scheme, address.host, address.port


def _joined(address: httpx2.URL, location: str) -> httpx2.URL | str:
    try:
        return address.join(location)
    except (httpx2.InvalidURL, ValueError):
        return location


async def _take(response: httpx2.Response, sink: Sink, announced: int, cap: int) -> None:
    """Write what comes to the sink, as long as it keeps to the cap and to what was announced."""
    if response.status_code in _GONE:
        raise _Stale(response.status_code)
    if response.status_code != 200:
        raise VendorBusy(
            VENDOR,
            f"the file's host answered {response.status_code}",
            after=retry_after(response.headers),
            throttled=response.status_code == 429,
        )
    said = _length(response.headers)
    if said > cap:
        raise _refused(Reason.TOO_LARGE, f"{said} bytes are coming, more than {cap}")
    size = 0
    async with aclosing(response.aiter_raw(PIECE)) as pieces:  # as the bytes are on the wire: nothing may unfold
        async for piece in pieces:
            size += len(piece)
            if size > cap:
                raise _refused(Reason.TOO_LARGE, f"it went on after {cap} bytes")
            await sink.write(piece)
    if said and size < said:
        raise VendorBusy(VENDOR, f"the file broke off after {size} of {said} bytes")
    if announced and size != announced:
        raise _refused(Reason.DAMAGED, f"it has {size} bytes, and {announced} were announced")


def _length(headers: Mapping[str, str]) -> int:
    said = headers.get("content-length", "")
    return int(said) if re.fullmatch(r"[0-9]{1,15}", said, re.ASCII) else 0


async def _check_whole(sink: Sink, *claimed: str) -> None:
    digest = await sink.digest()
    if any(known != digest for known in map(digest_of, claimed) if known):
        raise _refused(Reason.DAMAGED, "its digest is not the one that was announced")


def _refused(reason: Reason, words: str) -> VendorRefused:
    return VendorRefused(VENDOR, words, code=reason.value)


def _open(path: Path) -> tuple[IO[bytes], int]:
    file = path.open("rb")
    return file, path.stat().st_size


def _unfit(mime: str, size: int) -> str:
    """Say why Meta would refuse a file, or nothing."""
    fitting = [CAPS[type_] for type_, kinds in SENT.items() if mime in kinds]
    if not fitting:
        return f"{mime or 'a file without a type'} cannot be sent"
    return f"{size} bytes, more than {max(fitting)}" if size > max(fitting) else "the file is empty" if not size else ""
