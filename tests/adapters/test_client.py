from datetime import timedelta

import httpx2
import pytest

from ivy.adapters.client import LateTransport, failure, open_client, retry_after
from ivy.errors import OutcomeUnknown, VendorBusy, VendorError, VendorMisconfigured


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (httpx2.ConnectError("refused"), VendorBusy),
        (httpx2.ConnectTimeout("slow"), VendorBusy),
        (httpx2.PoolTimeout("full"), VendorBusy),
        (httpx2.ProxyError("no"), VendorBusy),
        (httpx2.ReadTimeout("slow"), OutcomeUnknown),
        (httpx2.WriteTimeout("slow"), OutcomeUnknown),
        (httpx2.ReadError("reset"), OutcomeUnknown),
        (httpx2.WriteError("reset"), OutcomeUnknown),
        (httpx2.CloseError("reset"), OutcomeUnknown),
        (httpx2.RemoteProtocolError("garbage"), OutcomeUnknown),
        (httpx2.DecodingError("garbage"), OutcomeUnknown),
        (httpx2.UnsupportedProtocol("ftp"), VendorMisconfigured),
        (httpx2.LocalProtocolError("header"), VendorMisconfigured),
        (httpx2.InvalidURL("x"), VendorMisconfigured),
    ],
)
def test_each_way_an_exchange_fails_says_what_happened(
    error: httpx2.HTTPError | httpx2.InvalidURL, meaning: type[VendorError]
) -> None:
    assert type(failure("x", error)) is meaning


def test_our_own_full_queue_does_not_count_against_the_vendor() -> None:
    busy = failure("x", httpx2.PoolTimeout("full"))
    assert isinstance(busy, VendorBusy)
    assert busy.throttled


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 0 "}, 0),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:30 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"}, 30),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:00 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"}, 0),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:30 GMT"}, None),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:30 GMT", "date": "Sun, 22 Nov 2026 10:00:00"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "9" * 400}, None),
        ({}, None),
    ],
)
def test_advice_to_wait_is_read_in_both_spellings(headers: dict[str, str], wait: int | None) -> None:
    assert retry_after(headers) == (None if wait is None else timedelta(seconds=wait))


async def test_the_client_neither_follows_redirects_nor_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(302, headers={"location": "https://elsewhere.example/"})

    async with open_client(transport=httpx2.MockTransport(answer)) as http:
        assert (await http.get("https://vendor.example/")).status_code == 302
        assert not http.trust_env


async def test_the_network_is_opened_by_the_first_request_and_not_to_be_closed() -> None:
    unused, network = LateTransport(), LateTransport()
    async with open_client(transport=unused):
        pass
    assert not vars(unused)
    async with open_client(transport=network) as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get("http://127.0.0.1:9/")
    assert vars(network)
