from datetime import date
from pathlib import Path

import pytest

from ivy.daemon import rate_card
from ivy.errors import ConfigError

OWN = """
[[rates]]
market = "ours"
since = 2026-01-01
marketing = 4
utility = 3
authentication = 2
service = 1
confidence = "good"
source = "our own contract"
"""


def test_the_card_that_ships_is_found_beside_the_code(tmp_path: Path) -> None:
    assert rate_card.load("", tmp_path).price("+573001112233", "utility", date(2026, 10, 1)).micros == 800


def test_an_operators_own_card_wins(tmp_path: Path) -> None:
    (tmp_path / "rates.toml").write_text(OWN)
    rates = rate_card.load("rates.toml", tmp_path)
    assert rates.price("+573001112233", "utility", date(2026, 10, 1)).micros == 3
    assert rates.allowance(date(2026, 10, 1)) == 0


@pytest.mark.parametrize(
    ("content", "said"), [(None, "FileNotFoundError"), (b"\xff\xfe", "Unicode"), (b"[", "is wrong")]
)
def test_a_card_that_cannot_be_used_names_the_key(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "rates.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"whatsapp\.rates_file") as refused:
        rate_card.load("rates.toml", tmp_path)
    assert said in str(refused.value)
