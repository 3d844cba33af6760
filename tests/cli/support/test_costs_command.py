"""`ivy costs`: every row is the ledger's, and they add up."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ivy.clock import stamp
from ivy.domain.spend_caps import NO_CAPS
from ivy.ports import UnitPrices, Usage
from ivy.store import spending
from ivy.store.spending import Reservation
from tests.models import EMBEDDER, FALLBACK, PRIMARY

if TYPE_CHECKING:
    from tests.cli.support.conftest import Ivy, Seeded


@pytest.mark.parametrize("by", ["day", "user", "provider", "kind", "model"])
def test_rows_add_up_to_the_total_to_the_micro_dollar(ivy: "Ivy", seeded: "Seeded", by: str) -> None:
    found = ivy("costs", "--by", by, "--json").json()
    assert found["total_micros"] == 2_115 + 3_400
    assert sum(row["micros"] for row in found["rows"]) == found["total_micros"]
    assert sum(row["share"] for row in found["rows"]) == pytest.approx(1.0)
    assert sum(row["calls"] for row in found["rows"]) == 2
    assert sum(row["failed"] for row in found["rows"]) == 1
    assert sum(row["input_tokens"] for row in found["rows"]) == 1200


def test_an_embedding_has_its_calls_and_tokens_under_its_own_kind(ivy: "Ivy", seeded: "Seeded") -> None:
    entry, now = seeded.hands.new_id(), seeded.hands.now
    prices = UnitPrices(20_000, 0, 0, 0, "test")
    call = Reservation(entry, "ana-0001", None, "embedder", "openai", EMBEDDER, prices, 100, "t")
    with seeded.connection as connection:
        spending.reserve(connection, call, caps=NO_CAPS, now=now, kind="embedding")
        spending.settle(connection, entry, Usage(input=50), micros=1, latency_ms=3, request_id="")
    rows = {row["name"]: row for row in ivy("costs", "--by", "kind", "--json").json()["rows"]}
    embedding, model = rows["embedding"], rows["model"]
    assert [embedding[key] for key in ("micros", "calls", "input_tokens")] == [1, 1, 50]
    assert [model[key] for key in ("micros", "calls", "failed", "input_tokens")] == [2_115, 2, 1, 1200]


def test_each_model_has_its_calls_beside_its_money(ivy: "Ivy", seeded: "Seeded") -> None:
    rows = {row["name"]: row for row in ivy("costs", "--by", "model", "--json").json()["rows"]}
    assert (rows[FALLBACK]["micros"], rows[FALLBACK]["calls"]) == (2_115, 1)
    assert (rows[PRIMARY]["micros"], rows[PRIMARY]["failed"]) == (0, 1)
    assert (rows["whatsapp"]["micros"], rows["whatsapp"]["calls"]) == (3_400, 0)


def test_the_table_shows_shares_a_bar_and_the_cap(ivy: "Ivy", seeded: "Seeded") -> None:
    typed = ivy("costs", "--by", "kind")
    message = next(line for line in typed.out.splitlines() if line.strip().startswith("message"))
    assert "$0.003400" in message and "61.7%" in message and "█" * 12 in message
    assert "$0.005515" in next(line for line in typed.out.splitlines() if line.strip().startswith("total"))
    assert "Today $0.01 of the daily cap of $0.05 (11%)." in typed.out


def test_people_have_their_names(ivy: "Ivy", seeded: "Seeded") -> None:
    assert [row["label"] for row in ivy("costs", "--by", "user", "--json").json()["rows"]] == ["Ana"]


def test_by_user_each_has_a_month_with_calls_and_without(ivy: "Ivy", seeded: "Seeded") -> None:
    ana, *_others = ivy("costs", "--by", "user", "--json").json()["people"]
    assert ana["label"] == "Ana" and ana["chat_micros"] + ana["call_micros"] == 2_115 + 3_400
    assert ana["month_micros"] == round(ana["chat_micros"] * 30 / ana["days"]) and ana["met_micros"] == 500_000
    typed = ivy("costs", "--by", "user")
    assert "A person and month of 30 days (targets $1.00 / $0.75 / $0.50)" in typed.out
    assert "by chat alone (under $0.50)" in typed.out
    assert "month" not in ivy("costs", "--by", "kind").out


def test_a_span_without_spending_is_empty_and_adds_up_too(ivy: "Ivy", seeded: "Seeded") -> None:
    found = ivy("costs", "--since", "2020-01-01", "--until", "2020-01-31", "--json").json()
    assert (found["rows"], found["total_micros"]) == ([], 0)
    assert ivy("costs", "--since", "2020-01-01", "--until", "2020-01-31").code == 0


def test_idle_days_cost_nothing(ivy: "Ivy", seeded: "Seeded") -> None:
    assert ivy("costs", "--idle").out.startswith("0 on ")
    found = ivy("costs", "--idle", "--json").json()
    assert (found["micros"], found["rows"]) == (0, [])


def test_a_month_is_projected_from_past_days_and_from_numbers(ivy: "Ivy", seeded: "Seeded") -> None:
    past = ivy("costs", "project", "--days", "7", "--json").json()
    assert past["projection"]["days"] == 30
    named = ivy("costs", "project", "--people", "10", "--calls", "2", "--number", "+573001234567", "--json").json()
    lines = {line["kind"]: line for line in named["projection"]["lines"]}
    assert lines["call"]["likely"] == 10 * 30 * 2 * 3 * 165_000  # Colombia's own price
    assert named["projection"]["total"]["likely"] == sum(line["likely"] for line in lines.values())
    every, evening = named["projection"]["instead"][:2]
    text = 10 * 30 * 2 * 800  # one utility template to Colombia each
    assert (every["setting"], every["saves"]) == ("a text instead of every call", lines["call"]["likely"] - text)
    assert evening["saves"] == round(lines["call"]["likely"] * 0.45 - text / 2)
    assert named["voice_month_micros"] == 90 * 165_000
    typed = ivy("costs", "project", "--people", "10", "--calls", "2").out
    assert "The cheapest that does nearly the same: a text instead of every call saves about" in typed
    assert "3 minutes on the phone a day cost one person about $10.80 a month ($0.120 a minute" in typed
    assert "is no number" in str(ivy("costs", "project", "--number", "Bogotá").error)


def test_what_a_text_would_cost_is_taken_from_what_past_calls_would_have_saved(ivy: "Ivy", seeded: "Seeded") -> None:
    at = seeded.hands.now - timedelta(days=1)
    with seeded.connection as connection:
        for number, (kind, micros) in enumerate([("hello", 120_000), ("inbound", 40_000)]):
            spending.charge(
                connection, f"c{number}", kind="call", provider="retell", user_id="ana-0001", micros=micros, now=at
            )
            connection.execute(
                "INSERT INTO calls (id, user_id, kind, slot, day, state, to_number, due_at_ms)"
                " VALUES (?1, 'ana-0001', ?2, ?1, '2026-11-23', 'analysed', '+573001234567', ?3)",
                (f"c{number}", kind, stamp(at)),
            )
    found = ivy("costs", "project", "--days", "1", "--json").json()["projection"]
    [likely] = [line["likely"] for line in found["lines"] if line["kind"] == "call"]
    # Two calls of $0.08 at the mean, and a template to Colombia at $0.0008: one part in a hundred of it.
    [saves] = [each["saves"] for each in found["instead"] if each["setting"] == "a text instead of every call"]
    assert saves == pytest.approx(likely * 0.99, abs=1)
    assert not any("evening" in each["setting"] for each in found["instead"])


def test_it_says_how_many_replies_to_come_are_beyond_the_free_ones(ivy: "Ivy", seeded: "Seeded") -> None:
    """300 a day: whatever the day of the month, of 9,000 no more than 2,000 are free."""
    at = seeded.hands.now - timedelta(days=1)
    with seeded.connection as connection:
        for number in range(300):
            entry = seeded.hands.new_id()
            spending.charge(
                connection, entry, kind="message", provider="whatsapp", user_id="ana-0001", micros=0, now=at
            )
            connection.execute(
                "INSERT INTO messages_v2 (id, user_id, channel, direction, body, state, recipient, price_type, price_category,"
                " at_ms, state_at_ms, window_open) VALUES (?1, 'ana-0001', 'whatsapp', 'out', '', 'delivered', ?2,"
                " 'free_customer_service', 'service', ?3, ?3, 1)",
                (entry, '{"external_id":"","phone":"+15550102030"}', stamp(at) + number),
            )
    found = ivy("costs", "project", "--days", "1", "--json").json()["projection"]
    assert found["replies"] == 300 * 30
    assert 7_000 <= found["charged"] <= 9_000
    [message] = [line for line in found["lines"] if line["kind"] == "message"]
    assert message["likely"] > 0
    charged = f"{found['charged']:,}"
    assert (
        f"About {charged} of 9,000 replies come after a calendar month's free ones"
        in ivy("costs", "project", "--days", "1").out
    )


def test_what_cannot_be_asked_is_refused(ivy: "Ivy", seeded: "Seeded") -> None:
    assert "--by weather is not known" in str(ivy("costs", "--by", "weather").error)
    assert "is no day" in str(ivy("costs", "--since", "tomorrow").error)
    assert "is after --until" in str(ivy("costs", "--since", "2026-02-01", "--until", "2026-01-01").error)
