"""The operator tests the line: their own number rings at any hour, anybody else's keeps its hours."""

from datetime import UTC, datetime

import pytest
from trio.testing import MockClock

from ivy.agent import call_asking
from ivy.config import Config, OperatorSection, VoiceSection
from ivy.domain.consent import Purpose
from ivy.emulators.retell_people import scripted
from ivy.store import calls, consents, people
from ivy.store.scope import Scope
from tests.journeys.play import ANA, Lives, Play

NIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Three in the morning in New York."""


async def asks_for_a_test(play: Play, kind: str = "test") -> tuple[str, str]:
    """Let the operator ask for a call to Ana; return its state and why."""

    def ask(scope: Scope) -> str:
        desk = play.world.daemon.context.desk_at("whatsapp", "trace")
        consents.record(scope, Purpose.CALLS, granted=True, proof="test", now=play.now)
        people.set_phone(scope, ANA)
        asked = call_asking.ask_for_call(scope, people.load(scope), kind, desk, asked_by="operator", chosen=False)
        return asked.id

    await play.knows()
    call_id = await play.rows_of().write(ask)
    await play.quiet(300)
    call = await play.rows_of().read(calls.load, call_id)
    assert call is not None
    return call.state.value, call.reason


@pytest.mark.parametrize(
    ("operator", "kind", "rings"), [(ANA, "test", True), ("", "test", False), (ANA, "morning", False)]
)
async def test_only_a_test_call_to_the_operators_own_number_rings_in_the_night(
    lives: Lives, operator: str, kind: str, rings: bool, autojump_clock: MockClock
) -> None:
    config = Config(voice=VoiceSection(enabled=True), operator=OperatorSection(phone=operator))
    async with lives(NIGHT, config=config) as play:
        retell = play.world.vendors.retell
        assert retell is not None
        retell.person_answers(ANA, scripted("yes, loud and clear", "bye"))
        state, reason = await asks_for_a_test(play, kind)
        assert len(retell.placed) == rings
        assert (state == "analysed") is rings
        assert bool(reason) is not rings, reason
