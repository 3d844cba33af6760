"""Estimates come to what a model really counts, and that is known again after a restart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from ivy.agent.token_counting import TokenCounter, request_tokens
from ivy.clock import VirtualClock
from ivy.domain.tokens import calibrated, family_factor
from ivy.ports import Image, ModelRequest, Usage, UserWords
from ivy.store import token_factors
from ivy.store.binding import Connection
from ivy.store.database import Store

CLAUDE = "claude-next"
REQUEST = ModelRequest("You are a coach. " * 40, (UserWords("What did I spend on coffee this week? " * 10),))


async def test_an_estimate_comes_to_what_the_model_counts(
    store: Store, clock: VirtualClock, autojump_clock: MockClock
) -> None:
    counter = TokenCounter(store, clock)
    plain = request_tokens(REQUEST, CLAUDE)
    assert await counter.tokens(REQUEST, CLAUDE) == plain
    real = round(plain * 1.2)
    for _answer in range(20):
        await counter.learn(REQUEST, CLAUDE, Usage(input=real))
    assert await counter.tokens(REQUEST, CLAUDE) == pytest.approx(real, rel=0.02)
    assert await counter.factor("gpt-next") == family_factor("gpt-next")  # each model for itself


async def test_what_was_learnt_is_known_after_a_restart_and_little_is_written(
    store: Store, clock: VirtualClock, autojump_clock: MockClock
) -> None:
    counter = TokenCounter(store, clock)
    real = round(request_tokens(REQUEST, CLAUDE) * 1.2)
    for _answer in range(20):
        await counter.learn(REQUEST, CLAUDE, Usage(input=real))
    answers = await store.read(answers_of, CLAUDE)
    for _answer in range(20):  # it does not move any more
        await counter.learn(REQUEST, CLAUDE, Usage(input=real))
    assert await store.read(answers_of, CLAUDE) == answers
    assert await TokenCounter(store, clock).factor(CLAUDE) == pytest.approx(await counter.factor(CLAUDE), rel=0.02)


def answers_of(connection: Connection, model: str) -> int:
    return connection.execute("SELECT answers FROM token_factors WHERE model = ?", (model,)).fetchone()[0]


async def test_pictures_and_odd_counts_teach_nothing(
    store: Store, clock: VirtualClock, autojump_clock: MockClock
) -> None:
    counter = TokenCounter(store, clock)
    picture = ModelRequest("", (UserWords("look", (Image("00" * 32, "image/png", 800, 600),)),))
    await counter.learn(picture, CLAUDE, Usage(input=5000))
    await counter.learn(REQUEST, CLAUDE, Usage())
    assert await counter.factor(CLAUDE) == family_factor(CLAUDE)
    assert await counter.tokens(picture, CLAUDE) == request_tokens(picture, CLAUDE) > 300
    assert await store.read(token_factors.known) == {}


@settings(max_examples=30)
@given(st.floats(0.75, 2.4), st.lists(st.floats(0.85, 1.15), min_size=40, max_size=40))
def test_with_answers_that_scatter_the_error_stays_within_what_is_reserved(true: float, noise: list[float]) -> None:
    """Reserved is estimate × 1.15: of answers that scatter by 15 % the mean is met far closer than that."""
    factor, plain = 1.35, 2000
    for each in noise:
        factor = calibrated(factor, estimated=round(plain * factor), actual=round(plain * true * each))
    assert factor == pytest.approx(true, rel=0.16)
