"""What an agent of ours is: nothing that would hurt is left to a default, and nothing can be spoken with its braces."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from ivy.adapters.retell.agents import Agents
from ivy.adapters.retell.directory import Version, published
from ivy.adapters.retell.script import LOCALES, Screening, Script, places, script
from ivy.agent.call_scripts import VARIABLES, agent_prompt
from ivy.domain.extraction import FIELDS
from ivy.errors import ConfigError
from ivy.tools.registry import Registry, families
from tests.adapters.retell_ground import PROMPT, PUBLIC, SAVE_PLAN, TERMS, api_of, retell


def real(language: str = "en", **terms: Any) -> Script:
    tools = Registry(families()).specs(voice=True)
    return script(language, replace(TERMS, **terms), prompt=agent_prompt(language), variables=VARIABLES, tools=tools)


async def test_retell_takes_ivys_own_agents(autojump_clock: MockClock) -> None:
    made = [real(language) for language in LOCALES]
    assert made[0].digest == real().digest != made[1].digest
    async with retell(synced=False) as ground:
        lines = await Agents(api_of(ground.http)).sync(made)
    assert [line.result for line in lines] == ["published", "published"]


@given(st.lists(st.builds(Version, st.integers(0, 50), st.booleans())))
def test_the_newest_published_version_speaks(listed: list[Version]) -> None:
    found = published(listed)
    numbers = [each.number for each in listed if each.is_published]
    assert (found.number if found else None) == max(numbers, default=None)


def test_nothing_that_would_hurt_is_left_to_its_default() -> None:
    agent, llm = real().agent, real().llm
    assert agent["max_call_duration_ms"] == 600_000
    assert agent["end_call_after_silence_ms"] <= 60_000
    assert agent["timezone"] == "UTC"
    assert agent["data_storage_retention_days"] == 30
    assert agent["data_storage_setting"] == "everything_except_pii" and agent["pii_config"]["categories"]
    assert agent["opt_in_signed_url"] is True
    assert agent["contact_memory_config"] == {"enable_read": False, "enable_update": False}
    assert agent["webhook_url"] == f"{PUBLIC}/api/retell/webhook"
    assert agent["webhook_events"] == ["call_started", "call_ended", "call_analyzed"]
    assert agent["webhook_timeout_ms"] == 10_000
    assert agent["voicemail_option"] and agent["ivr_option"] == {"action": {"type": "hangup"}}
    assert agent["enable_dnc_detection"] is True
    assert agent["handbook_config"]["ai_disclosure"] is True
    assert (llm["start_speaker"], llm["begin_after_user_silence_ms"]) == ("user", 10_000)
    assert (agent["begin_message_delay_ms"], agent["stt_mode"]) == (0, "accurate")
    assert {each["name"] for each in agent["post_call_analysis_data"]} == set(FIELDS)
    assert not any(each["required"] for each in agent["post_call_analysis_data"])
    *tools, end = llm["general_tools"]
    assert tools and end["type"] == "end_call"
    for tool in tools:
        assert tool["url"] == f"{PUBLIC}/api/retell/tools/{tool['name']}"
        assert (tool["timeout_ms"], tool["max_retry"], tool["args_at_root"]) == (8_000, 0, False)
        assert isinstance(tool["speak_during_execution"], bool) and isinstance(tool["speak_after_execution"], bool)


@pytest.mark.parametrize("store", ["everything", "basic_attributes_only"])
def test_only_what_is_kept_without_names_is_scrubbed(store: str) -> None:
    assert real(store=store).agent["pii_config"]["categories"] == []


@pytest.mark.parametrize(("days", "kept"), [(0, 1), (9999, 730)])
def test_nothing_is_kept_for_ever(days: int, kept: int) -> None:
    assert real(retention_days=days).agent["data_storage_retention_days"] == kept


def test_every_variable_that_is_spoken_has_a_default() -> None:
    for language in LOCALES:
        made = real(language)
        assert places([made.llm["general_prompt"], made.agent["call_screening_option"]]) <= VARIABLES.keys()
        assert made.llm["default_dynamic_variables"] == dict(VARIABLES)


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"prompt": "Say {{ivy_nmae}}."}, "ivy_nmae"),
        ({"prompt": "Say {{ ivy_nmae }}."}, "ivy_nmae"),
        ({"screening": Screening("Ivy", "{{why}}")}, "why"),
        ({"tools": (replace(SAVE_PLAN, description="For {{who}}."),)}, "who"),
        ({"tools": (replace(SAVE_PLAN, name="save a plan"),)}, "save a plan"),
        ({"terms": replace(TERMS, public_url="")}, "public_url"),
        ({"terms": replace(TERMS, voices={})}, "voice_en"),
    ],
)
def test_what_would_be_spoken_with_braces_or_refused_is_told_first(more: dict[str, Any], match: str) -> None:
    usual: dict[str, Any] = {"terms": TERMS, "prompt": PROMPT, "variables": VARIABLES, "tools": (SAVE_PLAN,)}
    asked = {**usual, **more}
    with pytest.raises(ConfigError, match=match):
        script("en", asked.pop("terms"), **asked)


@pytest.mark.parametrize(
    "name", ["current_time", "current_time_America/Bogota", "session_duration", "direction", "call_id"]
)
def test_retells_own_variables_are_known(name: str) -> None:
    assert script("en", TERMS, prompt=f"It is {{{{{name}}}}}.", variables=VARIABLES, tools=()).llm["general_prompt"]
