"""A day without calls as a tool: what was asked for is off, the plan stays, and it can be taken back."""

from datetime import timedelta

from ivy.domain.calls import CallState
from ivy.domain.consent import Purpose
from ivy.domain.schedule import local_date
from ivy.domain.sentences import ENGLISH, Say
from ivy.store import calls, calls_off, consents
from tests.tools.diary import Diary, agree


async def test_what_they_asked_for_is_off_today_and_nothing_else(ben: Diary) -> None:
    await ben.rows.write(agree, now=ben.now)
    await ben("call_me", when="6pm")
    await ben("change_contact_time", when="7 am", by="voice")
    shown = await ben("show_schedule")
    assert await ben("no_calls_today") == ENGLISH[Say.NO_CALLS_TODAY]
    today = local_date(ben.now, ben.person.zone)
    assert await ben.rows.read(calls_off.is_left_out, today)
    assert not await ben.rows.read(calls_off.is_left_out, today + timedelta(days=1))
    assert [each.state for each in await ben.rows.read(calls.of_day, today)] == [CallState.ABANDONED]
    assert Purpose.CALLS in await ben.rows.read(consents.current)
    assert await ben("show_schedule") == shown


async def test_it_is_taken_back_by_the_same_tool(ana: Diary) -> None:
    assert (await ana("no_calls_today")).startswith("Vale, hoy ya no te llamo")
    assert (await ana("no_calls_today", after_all=True)).startswith("Bien, hoy van las llamadas del horario.")
    assert not await ana.rows.read(calls_off.is_left_out, local_date(ana.now, ana.person.zone))
