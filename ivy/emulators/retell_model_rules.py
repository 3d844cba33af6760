"""What Retell takes as an agent's model, with its prompt and tools. May import: the domain and below.

Source: retell-sdk 6.2.13, "Create Retell LLM", "Custom function", 2026-11.
"""

import re

from ivy.domain.plain_words import word_set
from ivy.emulators.retell_agent_rules import FOR_EVER, check_agent, check_url
from ivy.emulators.retell_rules import (
    Json,
    Refusal,
    as_flag,
    as_list,
    as_number,
    as_object,
    as_strings,
    as_text,
    as_whole,
    known_only,
    one_of,
    required,
)

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

MODELS = word_set(
    "gpt-4.1 gpt-4.1-mini gpt-5 gpt-5-mini gpt-5-nano gpt-5.1 gpt-5.2 gpt-5.4 gpt-5.4-mini gpt-5.4-nano gpt-5.5 "
    "gpt-5.6-terra gpt-5.6-luna gpt-6-astra gpt-6-sol gpt-6.1-sol gpt-6-luna claude-4.6-sonnet claude-5-opus "
    "claude-5.5-opus claude-5-sonnet claude-5.5-sonnet claude-5.5-haiku claude-4.5-haiku gemini-3.0-flash "
    "gemini-3.1-flash-lite gemini-3.5-flash gemini-3.5-flash-lite gemini-3.6-flash gemini-3.7-flash gemini-3.8-flash "
    "gemini-4-argon"
)

_LLM_FIELDS = word_set(
    "backup_model begin_after_user_silence_ms begin_message default_dynamic_variables general_prompt general_tools "
    "is_transfer_llm kb_config knowledge_base_ids mcps model model_config model_high_priority model_temperature "
    "model_ultrafast s2s_model start_speaker starting_state states tool_call_strict_mode"
)
_LLM_OVERRIDDEN = word_set(
    "begin_message start_speaker begin_after_user_silence_ms knowledge_base_ids kb_config model_config "
    "tool_call_strict_mode model model_temperature model_high_priority model_ultrafast s2s_model backup_model"
)
_TOOLS = word_set(
    "custom end_call transfer_call press_digit send_sms extract_dynamic_variable agent_swap code mcp app "
    "bridge_transfer cancel_transfer book_appointment_cal check_availability_cal"
)
_CUSTOM = word_set(
    "name type url args_at_root description enable_typing_sound execution_message_description execution_message_type "
    "headers max_retry method parameter_type parameters query_params response_variables speak_after_execution "
    "speak_during_execution timeout_ms"
)


def check_llm(asked: Json, *, new: bool = False, override: bool = False) -> Json:
    """Check a model with its prompt and tools, or what of it is changed. Raises: Refusal."""
    known_only(asked, _LLM_OVERRIDDEN if override else _LLM_FIELDS, "retell_llm")
    if new:
        required(asked, "start_speaker", name="retell_llm")
    if "start_speaker" in asked:
        one_of(asked["start_speaker"], "start_speaker", ("agent", "user"))
    for name in ("begin_message", "general_prompt"):
        if asked.get(name) is not None:
            as_text(asked[name], name)
    if asked.get("begin_after_user_silence_ms") is not None:
        as_whole(asked["begin_after_user_silence_ms"], "begin_after_user_silence_ms", 0, FOR_EVER)
    if asked.get("default_dynamic_variables") is not None:
        as_strings(asked["default_dynamic_variables"], "default_dynamic_variables")
    _check_models(asked)
    if asked.get("states"):
        raise Refusal(422, "the emulated Retell has no states")
    tools = as_list(asked.get("general_tools") or [], "general_tools")
    names = [check_tool(as_object(each, "general_tools")) for each in tools]
    if len(set(names)) < len(names):
        raise Refusal(400, "general_tools: tool names must be unique")
    return asked


def _check_models(asked: Json) -> None:
    if asked.get("model") is not None:
        one_of(asked["model"], "model", MODELS)
    config = as_object(asked.get("model_config") or {}, "model_config")
    known_only(config, ("type", "primary", "backup", "temperature"), "model_config")
    if "type" in config and one_of(config["type"], "model_config/type", ("cascading", "s2s")) == "s2s":
        raise Refusal(422, "the emulated Retell has no speech-to-speech models")
    for role in ("primary", "backup"):
        if config.get(role) is not None:
            one_of(as_object(config[role], role).get("model"), f"model_config/{role}/model", MODELS)
    if config.get("temperature") is not None:
        as_number(config["temperature"], "model_config/temperature", 0, 1)


def check_tool(tool: Json) -> str:
    """Check one tool; return its name. Raises: Refusal."""
    kind = one_of(tool.get("type"), "general_tools/type", _TOOLS)
    name = as_text(tool.get("name"), "general_tools/name")
    if not NAME.fullmatch(name):
        raise Refusal(400, f"general_tools/name must be 1 to 64 of a-z, A-Z, 0-9, _ and -: {name}")
    if kind == "custom":
        _check_custom(tool, name)
    return name


def _check_custom(tool: Json, name: str) -> None:
    known_only(tool, _CUSTOM, name)
    required(tool, "url", name=name)
    check_url(as_text(tool["url"], f"{name}/url"), f"{name}/url")
    if one_of(tool.get("method", "POST"), f"{name}/method", ("GET", "POST", "PUT", "PATCH", "DELETE")) != "POST":
        raise Refusal(422, "the emulated Retell only posts to functions")
    as_whole(tool.get("timeout_ms", 120_000), f"{name}/timeout_ms", 1_000, 600_000)
    as_whole(tool.get("max_retry", 0), f"{name}/max_retry", 0, 5)
    one_of(tool.get("execution_message_type", "prompt"), f"{name}/execution_message_type", ("prompt", "static_text"))
    for flag in ("args_at_root", "speak_during_execution", "speak_after_execution", "enable_typing_sound"):
        as_flag(tool.get(flag, False), f"{name}/{flag}")
    for strings in ("headers", "query_params", "response_variables"):
        as_strings(tool.get(strings) or {}, f"{name}/{strings}")
    if tool.get("parameters") is not None:
        _check_schema(as_object(tool["parameters"], f"{name}/parameters"), f"{name}/parameters")


def _check_schema(schema: Json, name: str) -> None:
    if schema.get("type") != "object":
        raise Refusal(400, f'{name} must have "type": "object"')
    properties = as_object(schema.get("properties"), f"{name}/properties")
    for each in as_list(schema.get("required", []), f"{name}/required"):
        if each not in properties:
            raise Refusal(400, f"{name}/required names {each}, which is no property")
    for key, each in properties.items():
        _check_property(as_object(each, f"{name}/{key}"), f"{name}/{key}")


def _check_property(schema: Json, name: str) -> None:
    if "const" in schema:
        return
    if odd := {"$ref", "anyOf", "oneOf", "allOf"} & schema.keys():
        raise Refusal(400, f"{name}: {', '.join(sorted(odd))} is not supported")
    kinds = ("string", "number", "integer", "boolean", "array", "object")
    match one_of(schema.get("type"), f"{name}/type", kinds):
        case "object":
            _check_schema(schema, name)
        case "array":
            _check_property(as_object(schema.get("items"), f"{name}/items"), f"{name}/items")
        case _:
            pass


# --- what one call changes -------------------------------------------------------------------------


def check_override(override: Json) -> tuple[Json, Json]:
    """Check `agent_override`; return what it changes in the agent and in its model. Raises: Refusal."""
    known_only(override, ("agent", "retell_llm", "conversation_flow"), "agent_override")
    agent = as_object(override.get("agent") or {}, "agent_override/agent")
    llm = as_object(override.get("retell_llm") or {}, "agent_override/retell_llm")
    return check_agent(agent, override=True), check_llm(llm, override=True)
