"""WhatsApp's rows of `ivy init --live`: a token that will end, and the templates as Meta judged them."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from quart_trio import QuartTrio

from ivy.adapters.client import open_client
from ivy.adapters.whatsapp.pack import pack
from ivy.cli import live_whatsapp
from ivy.cli.frame import Setup
from ivy.cli.live_list import Mark, in_words
from ivy.cli.whatsapp_walk import Walk
from ivy.cli.world import APP_SECRET, TOKEN, emulated
from ivy.config import Config
from ivy.emulators.in_process import in_process
from ivy.emulators.whatsapp_setup import NumberState, SetupDesk, TokenState
from ivy.store import templates as registry
from ivy.store.settings import open_writer

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(hours=20), "✗ token, temporary: ends on 2026-11-24 11:00 UTC → "),
        (timedelta(days=60), "✓ token, ends on 2027-01-22 15:00 UTC   ✓ "),
        (None, "✓ token, permanent   ✓ "),
    ],
)
async def test_a_token_that_ends_tomorrow_is_red_today(tmp_path: Path, left: timedelta | None, said: str) -> None:
    config = emulated(Config())
    where = Setup(tmp_path / "ivy.toml", config, tmp_path, config.database(tmp_path))
    account, number = config.whatsapp.waba_id, NumberState(config.whatsapp.phone_number_id, "+1 555 010 2030")
    desk, app = SetupDesk(TOKEN, APP_SECRET, account, number), QuartTrio(__name__)
    desk.of_token = TokenState(kind="USER", expires_at=NOW + left if left else None)
    desk.add_routes(app, lambda _version: None)
    async with open_client(transport=in_process(app)) as meta:
        walk = Walk(where, meta, meta, lambda: NOW, "x", account=account)
        items = await live_whatsapp.at_meta(walk, {}, running=False)
    assert in_words(items).startswith(said)
    assert (items[0].mark is Mark.WRONG) == ("temporary" in said)


def test_templates_are_counted_as_meta_judged_them(database: Path, tmp_path: Path) -> None:
    where = Setup(tmp_path / "ivy.toml", emulated(Config()), tmp_path, database)
    assert in_words(live_whatsapp.templates(where, NOW).items).startswith("✗ none is submitted: ")
    all_of_them = len(pack())
    judge(database, ["APPROVED"] * 5 + ["PENDING"] * 3 + ["REJECTED"] * (all_of_them - 8))
    found = live_whatsapp.templates(where, NOW)
    assert [(item.mark.value, item.text) for item in found.items] == [
        ("✓", f"{all_of_them} submitted"),
        ("·", "5 approved"),
        ("·", "3 in review"),
        ("✗", f"{all_of_them - 8} to be mended"),
    ]
    assert found.items[-1].mend and not found.is_done
    judge(database, ["APPROVED"] * (all_of_them - 3) + ["PENDING"] * 3)
    assert live_whatsapp.templates(where, NOW).is_done, "what is in review is waited for by nobody"
    judge(database, ["APPROVED"] * all_of_them)
    assert in_words(live_whatsapp.templates(where, NOW).items) == (
        f"✓ {all_of_them} submitted   ✓ {all_of_them} approved"
    )


def judge(database: Path, statuses: list[str]) -> None:
    """Keep the pack as submitted, each template with a status."""
    with closing(open_writer(database)) as connection:
        for number, (each, status) in enumerate(zip(pack(), statuses, strict=True)):
            before = registry.load(connection, "whatsapp", each.name, each.language)
            registry.submitted(
                connection, "whatsapp", each, before=before, vendor_id=str(number), status=status, category="UTILITY",
                now=NOW,
            )  # fmt: skip
