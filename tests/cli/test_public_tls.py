"""What is wrong with the certificate at the public address is said, over a real handshake: the client's own error says nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ivy.adapters.client import open_client
from ivy.cli import whatsapp_reach
from ivy.cli.findings import Finding
from tests.journeys.fronts import Authority, Front, fronting


@pytest.mark.parametrize(
    ("host", "days", "trusted", "said", "mend"),
    [
        ("localhost", -1, True, "has a certificate that has expired", "does not renew it"),
        ("127.0.0.1", 89, True, "has a certificate that is of another name", "let the proxy get one for this name"),
        ("localhost", 89, False, "has a certificate that is not trusted", "of a public authority"),
    ],
)
async def test_a_certificate_that_nobody_takes_is_named_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, days: int, trusted: bool, said: str, mend: str
) -> None:
    found = await looked_at(host, days, tmp_path, monkeypatch, trusted=trusted)
    assert isinstance(found, Finding)
    assert (found.found.partition(" ")[2], mend in found.mend) == (said, True)


async def test_whom_ssl_cert_file_trusts_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = await looked_at("localhost", 89, tmp_path, monkeypatch, trusted=True)
    assert not isinstance(answer, Finding) and answer.status_code == 502, "and nobody is behind it"


async def looked_at(host: str, days: int, folder: Path, monkeypatch: pytest.MonkeyPatch, *, trusted: bool) -> Any:
    authority = Authority(folder)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    front = Front(9, serving=authority.certifies(datetime.now(UTC) + timedelta(days=days)))
    async with fronting(front), open_client() as public:
        walk: Any = type("Walk", (), {"public": public})()
        return await whatsapp_reach.call(walk, "GET", f"https://{host}:{front.port}/")
