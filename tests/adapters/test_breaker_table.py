"""Table 6.1 row by row, from what each vendor really answers to what its breaker does. Source: reference/llm.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ivy.adapters.anthropic import AnthropicModel
from ivy.adapters.client import open_client
from ivy.adapters.embedding import OpenAIEmbedder
from ivy.adapters.openai import OpenAIModel
from ivy.adapters.transcription import OpenAITranscriber
from ivy.domain.breaker import CLOSED, Breaker, BreakerPolicy, after_error, after_success, lets_pass, rest_of
from ivy.errors import Cause, OutcomeUnknown, VendorBusy, VendorError
from ivy.ports import ModelRequest, UserWords
from ivy.threads import InlineThreads
from tests.models import EMBEDDER, LISTENER

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NEXT_MONTH = datetime(2026, 12, 1, tzinfo=UTC)
POLICY = BreakerPolicy()
HELLO = ModelRequest("You are Ivy.", (UserWords("hello"),))
BEFORE = Breaker(2, reason="503")
"""Two failures in a row: the next one opens it."""

FAILED = Breaker(3, NOON, NOON + POLICY.rest)
HOURLY = NOON + timedelta(hours=1)


def money(message: str = "no more") -> dict[str, Any]:
    return {"message": message, "type": "insufficient_quota", "param": None, "code": "insufficient_quota"}


@dataclass(frozen=True)
class Row:
    """What came: a status with the vendor's error object, or a failure of the line; and what became of the breaker.

    `opens`: None, or until when no call passes, and why. `waits`: the throttle. `failures` in a row after it.
    """

    vendor: str
    status: int = 0
    error: Mapping[str, Any] = field(default_factory=dict[str, Any])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    line: type[httpx2.TransportError] | None = None
    body: bytes | None = None
    opens: datetime | None = None
    cause: Cause | None = None
    waits: datetime | None = None
    failures: int = 0


def anthropic(kind: str, message: str = "no", code: str = "") -> dict[str, Any]:
    error: dict[str, Any] = {"type": kind, "message": message}
    return error | {"details": {"error_code": code}} if code else error


def openai(code: str | None, kind: str = "invalid_request_error", message: str = "no") -> dict[str, Any]:
    return {"message": message, "type": kind, "param": None, "code": code}


def fails(vendor: str, **given: Any) -> Row:
    return Row(vendor, **given, opens=NOON + POLICY.rest, failures=3)


def by_hand(vendor: str, status: int, error: Mapping[str, Any], cause: Cause, until: datetime) -> Row:
    return Row(vendor, status, error, opens=until, cause=cause, failures=3)


CAP = "You have reached your specified workspace API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."
ROWS = {
    # 529, 500, 503, 504, 408, connect error, reset, ReadTimeout, 200-with-garbage: a failure
    "529": fails("anthropic", status=529, error=anthropic("overloaded_error")),
    "500 of Anthropic": fails("anthropic", status=500, error=anthropic("api_error")),
    "500 of OpenAI": fails("openai", status=500, error=openai(None, "server_error")),
    "503": fails("openai", status=503, error=openai("slow_down", "server_error")),
    "504": fails("anthropic", status=504, error=anthropic("timeout_error")),
    "408": fails("openai", status=408, error=openai(None)),
    "no connection": fails("anthropic", line=httpx2.ConnectError),
    "connecting takes too long": fails("openai", line=httpx2.ConnectTimeout),
    "reset": fails("openai", line=httpx2.RemoteProtocolError),
    "read timeout": fails("anthropic", line=httpx2.ReadTimeout),
    "200 with garbage": fails("anthropic", status=200, body=b"<html>hello</html>"),
    "200 with half of JSON": fails("openai", status=200, body=b'{"choices": ['),
    # an overload inside an answer with 200
    "overloaded at 200": fails("anthropic", status=200, body=b'{"type":"error","error":{"type":"overloaded_error"}}'),
    # 429 with a time: not a failure, and not before then
    "429 of Anthropic": Row(
        "anthropic", 429, anthropic("rate_limit_error"), {"retry-after": "20"}, waits=NOON + timedelta(seconds=20)
    ),
    "429 of OpenAI": Row(
        "openai",
        429,
        openai("rate_limit_exceeded", "requests"),
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m3s"},
        waits=NOON + timedelta(seconds=63),
    ),
    "a spend limit that names a time": Row(
        "anthropic",
        429,
        anthropic("rate_limit_error", code="enforced_spend_limit_reached"),
        {"retry-after": "20"},
        waits=NOON + timedelta(seconds=20),
    ),
    "429 without a time": Row("openai", 429, openai("rate_limit_exceeded", "requests"), failures=2),
    # money: open until the month ends, or an operator says so
    "a spend limit": by_hand(
        "anthropic", 429, anthropic("rate_limit_error", code="enforced_spend_limit_reached"), Cause.MONEY, NEXT_MONTH
    ),
    "a contract's limit": by_hand(
        "anthropic", 429, anthropic("rate_limit_error", code="contract_spend_limit_reached"), Cause.MONEY, NEXT_MONTH
    ),
    "usage limits in the words of a 400": by_hand(
        "anthropic", 400, anthropic("invalid_request_error", CAP), Cause.MONEY, NEXT_MONTH
    ),
    "402": by_hand("anthropic", 402, anthropic("billing_error"), Cause.MONEY, NEXT_MONTH),
    "insufficient quota": by_hand("openai", 429, money(), Cause.MONEY, NEXT_MONTH),
    "insufficient quota, whatever time it names": Row(
        "openai", 429, money(), {"retry-after": "20"}, opens=NEXT_MONTH, cause=Cause.MONEY, failures=3
    ),
    "credit is used up": by_hand("openai", 429, openai("credit_balance_exhausted"), Cause.MONEY, NEXT_MONTH),
    "a project's limit": by_hand("openai", 429, openai("project_spend_limit_exceeded"), Cause.MONEY, NEXT_MONTH),
    # keys: hourly
    "401 of Anthropic": by_hand("anthropic", 401, anthropic("authentication_error"), Cause.KEY, HOURLY),
    "401 of OpenAI": by_hand("openai", 401, openai("invalid_api_key"), Cause.KEY, HOURLY),
    "403": by_hand("anthropic", 403, anthropic("permission_error"), Cause.KEY, HOURLY),
    # the model is gone
    "404 of Anthropic": by_hand("anthropic", 404, anthropic("not_found_error", "model: x"), Cause.MODEL, HOURLY),
    "404 of OpenAI": by_hand("openai", 404, openai("model_not_found"), Cause.MODEL, HOURLY),
    # our own fault, or nobody's: it answered, so it is well
    "400": Row("anthropic", 400, anthropic("invalid_request_error", "messages: too few")),
    "413": Row("anthropic", 413, anthropic("request_too_large")),
    "422": Row("openai", 422, openai(None)),
    # neither good nor bad: the count stands
    "409": Row("openai", 409, openai(None), failures=2),
    "our own pool is full": Row("anthropic", line=httpx2.PoolTimeout, failures=2),
}


def answered(row: Row, request: httpx2.Request) -> httpx2.Response:
    """Return what came."""
    if row.line is not None:
        raise row.line("emulated", request=request)
    if row.body is not None:
        return httpx2.Response(row.status, content=row.body, headers={"content-type": "application/json"})
    body: dict[str, Any] = {"error": dict(row.error)}
    if row.vendor == "anthropic":
        body |= {"type": "error", "request_id": "req_1"}
    return httpx2.Response(row.status, json=body, headers=dict(row.headers))


async def asked(row: Row) -> VendorError:
    """Return what the real adapter makes of what came."""
    async with open_client(transport=httpx2.MockTransport(partial(answered, row))) as http:
        make = AnthropicModel.make if row.vendor == "anthropic" else OpenAIModel.make
        model = await make(InlineThreads(), http, "a-model", api_key="key")
        with pytest.raises(VendorError) as caught:
            await model.complete(HELLO)
    return caught.value


async def test_every_row_of_the_table() -> None:
    for name, row in ROWS.items():
        error = await asked(row)
        after = after_error(BEFORE, POLICY, error, NOON)
        assert (after.until, after.cause, after.not_before) == (row.opens, row.cause, row.waits), name
        assert after.failures == row.failures, name
        assert lets_pass(after, NOON) is (row.opens is None and row.waits is None), name
        if row.opens is not None:
            assert after.opened_at == NOON, name
            assert after.reason and "\n" not in after.reason, name


async def test_the_embedder_and_the_listener_keep_to_the_table_too(tmp_path: Path) -> None:
    """They speak OpenAI's wire by themselves, not by its SDK; each has one breaker as a model has."""
    recording = tmp_path / "voice.ogg"
    recording.write_bytes(b"OggS" + bytes(60))
    for name, row in ROWS.items():
        if row.vendor != "openai" and not row.line:
            continue
        async with open_client(transport=httpx2.MockTransport(partial(answered, row))) as http:
            embedder = OpenAIEmbedder(http, EMBEDDER, 4, api_key="key")
            listener = OpenAITranscriber(http, InlineThreads(), LISTENER, api_key="key")
            for ask in (partial(embedder.embed, ["tea"]), partial(listener.transcribe, recording, mime="audio/ogg")):
                with pytest.raises(VendorError) as caught:
                    await ask()
                after = after_error(BEFORE, POLICY, caught.value, NOON)
                assert (after.until, after.cause, after.not_before) == (row.opens, row.cause, row.waits), name
                assert after.failures == row.failures, name


async def test_three_of_each_kind_open_only_where_the_table_counts_them() -> None:
    for name, row in ROWS.items():
        if row.cause is not None:
            continue
        error, breaker = await asked(row), CLOSED
        for second in range(3):
            breaker = after_error(breaker, POLICY, error, NOON + timedelta(seconds=second))
        assert (breaker.opened_at is not None) is (row.opens is not None), name


def test_an_outcome_that_nobody_knows_is_a_failure() -> None:
    assert after_error(BEFORE, POLICY, OutcomeUnknown("sms", "gone"), NOON).opened_at == NOON


def test_a_trial_that_told_nothing_leaves_the_next_one_to_another_call_soon() -> None:
    opened = Breaker(3, NOON, NOON + timedelta(minutes=10), "503")
    unheard = VendorBusy("x", "no free connection", throttled=True)
    assert after_error(opened, POLICY, unheard, NOON).until == NOON + POLICY.rest
    assert after_error(CLOSED, POLICY, unheard, NOON) == CLOSED


def test_a_throttle_closes_what_was_open_and_the_longest_pause_counts() -> None:
    opened = Breaker(3, NOON, NOON, "503", not_before=NOON + timedelta(minutes=5))
    throttled = VendorBusy("x", "429", after=timedelta(minutes=1), throttled=True)
    assert after_error(opened, POLICY, throttled, NOON) == Breaker(not_before=NOON + timedelta(minutes=5))
    assert after_error(CLOSED, POLICY, throttled, NOON) == Breaker(not_before=NOON + timedelta(minutes=1))


def test_an_answer_forgets_the_failures_and_not_the_pause_that_is_asked_for() -> None:
    throttled = Breaker(2, reason="503", not_before=NOON + timedelta(minutes=1))
    assert after_success(throttled, NOON) == Breaker(not_before=NOON + timedelta(minutes=1))
    assert after_success(throttled, NOON + timedelta(minutes=1)) == CLOSED


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (datetime(2026, 11, 30, 23, 59, tzinfo=UTC), NEXT_MONTH),
        (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2027, 1, 31, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)),
    ],
)
def test_money_is_back_with_the_next_month(now: datetime, until: datetime) -> None:
    assert now + rest_of(Cause.MONEY, POLICY, now) == until


def test_a_fault_of_the_set_up_rests_for_minutes() -> None:
    assert rest_of(Cause.SETUP, POLICY, NOON) == POLICY.setup
