from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ivy.adapters.transcript import EARLIER, INTERRUPTED, NOTHING, ModelTurn, PersonTurn, arguments_of, turns_of
from ivy.ports import (
    AssistantWords,
    ChatMessage,
    ModelRequest,
    ToolCall,
    ToolResult,
    ToolResults,
    ToolSpec,
    UserWords,
)

TOOL = ToolSpec("note", "Note it.", {"type": "object"})


def turns(*messages: ChatMessage, tools: tuple[ToolSpec, ...] = (TOOL,)) -> list[PersonTurn | ModelTurn]:
    return turns_of(ModelRequest("", messages, tools), vendor="anthropic", model="m")


def asked(*ids: str, text: str = "", raw: str = "", model: str = "m") -> AssistantWords:
    return AssistantWords(text, tuple(ToolCall(one, "note", "{}") for one in ids), "anthropic", model, raw)


def test_neighbours_of_one_role_become_one_turn() -> None:
    assert turns(UserWords("a"), UserWords("b"), asked(text="c"), asked(text="d"), UserWords("e")) == [
        PersonTurn((), ("a", "b")),
        ModelTurn("c\n\nd", (), ""),
        PersonTurn((), ("e",)),
    ]


def test_results_come_in_the_order_of_the_calls_and_before_any_words() -> None:
    said = turns(
        UserWords("a"), asked("x", "y"), UserWords("b"), ToolResults((ToolResult("y", "2"), ToolResult("x", "1")))
    )
    assert said[-1] == PersonTurn((ToolResult("x", "1"), ToolResult("y", "2")), ("b",))


def test_a_call_without_a_result_was_interrupted_and_a_result_without_a_call_is_dropped() -> None:
    said = turns(UserWords("a"), asked("x", "y"), ToolResults((ToolResult("z", "?"), ToolResult("x", "1"))))
    assert said[-1] == PersonTurn((ToolResult("x", "1"), ToolResult("y", INTERRUPTED, failed=True)), ())


def test_calls_that_were_never_answered_are_interrupted_before_the_model_speaks_again() -> None:
    said = turns(UserWords("a"), asked("x"), asked(text="b"), UserWords("c"))
    assert said[2] == PersonTurn((ToolResult("x", INTERRUPTED, failed=True),), ())


def test_an_id_used_twice_becomes_two() -> None:
    said = turns(
        UserWords("a"),
        asked("call_0"),
        ToolResults((ToolResult("call_0", "1"),)),
        asked("call_0", "call_0"),
        ToolResults((ToolResult("call_0", "2"), ToolResult("call_0", "3"))),
    )
    results = [result for turn in said if isinstance(turn, PersonTurn) for result in turn.results]
    assert [result.content for result in results] == ["1", "2", "3"]
    assert len({result.call_id for result in results}) == 3


def test_only_the_vendors_own_words_of_the_same_model_are_read_back_raw() -> None:
    words = asked("x", raw="[1]")
    for said, raw in [(words, "[1]"), (replace(words, model="n"), ""), (replace(words, vendor="openai"), "")]:
        turn = turns(UserWords("a"), said, ToolResults((ToolResult("x", "1"),)))[1]
        assert isinstance(turn, ModelTurn)
        assert turn.raw == raw


def test_a_history_cut_in_the_middle_still_begins_with_the_person() -> None:
    assert turns(ToolResults((ToolResult("gone", "1"),)), asked(text="b"))[0] == PersonTurn((), (NOTHING,))
    assert turns(asked(text="b"), UserWords("c"))[0] == PersonTurn((), (EARLIER,))


def test_without_tools_what_they_answered_is_told_as_text() -> None:
    said = turns(UserWords("a"), asked("x", raw="[]"), ToolResults((ToolResult("x", "ok"),)), tools=())
    assert said == [PersonTurn((), ("a", "(A tool answered: ok)"))]


def test_arguments_that_are_no_object_are_shown_as_what_they_were() -> None:
    assert arguments_of(ToolCall("x", "note", "{nope")) == {"malformed_arguments": "{nope"}
    assert arguments_of(ToolCall("x", "note", "[1]")) == {"malformed_arguments": "[1]"}
    assert arguments_of(ToolCall("x", "note", "")) == {}


call_ids = st.sampled_from(["a", "b", "call_0", "ünclean", "", "x" * 50])
messages = st.one_of(
    st.builds(UserWords, st.sampled_from(["", " ", "hi"])),
    st.builds(
        AssistantWords,
        st.sampled_from(["", "said"]),
        st.lists(st.builds(ToolCall, call_ids, st.just("note"), st.just("{}")), max_size=3).map(tuple),
        st.sampled_from(["anthropic", "openai"]),
        st.just("m"),
        st.sampled_from(["", "[]"]),
    ),
    st.builds(
        ToolResults, st.lists(st.builds(ToolResult, call_ids, st.sampled_from(["", "ok"])), max_size=3).map(tuple)
    ),
)


@given(st.lists(messages, max_size=12))
def test_any_history_becomes_one_that_every_vendor_takes(history: list[ChatMessage]) -> None:
    said = turns(*history)
    assert all(isinstance(turn, ModelTurn if place % 2 else PersonTurn) for place, turn in enumerate(said))
    ids: list[str] = []
    pending: list[str] = []
    for turn in said:
        match turn:
            case ModelTurn():
                pending = [call.call_id for call in turn.calls]
                ids += pending
                assert turn.text or turn.calls
            case PersonTurn():
                assert [result.call_id for result in turn.results] == pending
                assert turn.results or turn.texts
                assert all(result.content for result in turn.results)
                pending = []
    assert pending == []
    assert len(set(ids)) == len(ids)
    assert all(1 <= len(one) <= 40 and one.isascii() for one in ids)
    assert turns(*history) == said
