"""Pictures have a room of their own beside the words, and no turn is over it, however many come and whoever answers."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.agent.context import Moment, assemble, more_words
from ivy.agent.fitting import Room, fit
from ivy.agent.pictures import MOST, Sight
from ivy.agent.token_counting import image_tokens, message_text, pictures_in, shown_tokens, text_tokens
from ivy.ports import AssistantWords, ChatMessage, Image, ToolCall, ToolResult, ToolResults, UserWords
from tests.models import FALLBACK, PRIMARY

MODELS = (PRIMARY, FALLBACK)
sides = st.integers(0, 4000)
images: st.SearchStrategy[Image] = st.builds(Image, st.uuids().map(str), st.just("image/jpeg"), sides, sides)
albums = st.lists(images, max_size=8, unique_by=lambda each: each.sha256)
histories: st.SearchStrategy[tuple[tuple[str, str], ...]] = st.lists(
    st.tuples(st.sampled_from(["in", "out"]), st.sampled_from(["hi", "word " * 300, "漢字 " * 200, "🎉 " * 90])),
    max_size=20,
).map(tuple)


def taken_in(album: Sequence[Image], dialogue: Sequence[ChatMessage], budget: int) -> tuple[Image, ...]:
    """Choose as a turn does: what its dialogue shows already takes of the room."""
    sight = Sight(budget - shown_tokens(dialogue, MODELS), MODELS)
    return tuple(sight.holds({image.sha256: image for image in album}).values())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["look", "word " * 800]), min_size=1, max_size=3),
    histories,
    st.lists(albums, min_size=1, max_size=4),
    st.sampled_from([0, 900, 4784, 10_000]),
    st.sampled_from([300, 4096]),
    st.floats(0.7, 2.5),
)
def test_no_call_of_a_turn_is_over_either_budget(
    said: list[str],
    history: tuple[tuple[str, str], ...],
    batches: list[list[Image]],
    pictures: int,
    words: int,
    factor: float,
) -> None:
    room = Room(words, PRIMARY, factor)
    moment = Moment(("Now: Monday.",), history)
    *before, last = assemble(said, moment, budget=words, model=room.model, factor=room.factor).messages
    assert isinstance(last, UserWords)
    dialogue: list[ChatMessage] = [*before, UserWords(last.text, taken_in(batches[0], [], pictures))]
    earlier = len(dialogue) - 1
    for number, batch in enumerate(batches):
        if number:
            call = ToolCall(f"c{number}", "add_expense", '{"amount": "$5"}')
            more = UserWords(more_words(["and this"]), taken_in(batch, dialogue, pictures))
            dialogue += [AssistantWords("", (call,)), ToolResults((ToolResult(call.call_id, "Noted. " * 40),)), more]
        told = fit(dialogue, earlier=earlier, room=room).messages
        assert text_tokens(map(message_text, told), room.model, factor) <= words
        assert all(shown_tokens(told, [model]) <= pictures for model in MODELS), "whoever of them answers"
        assert pictures_in(told) == pictures_in(dialogue), "what was shown once stays"


@settings(max_examples=60)
@given(albums, st.integers(0, 15_000))
def test_the_newest_are_looked_at_first_and_in_their_order(album: list[Image], budget: int) -> None:
    shown = taken_in(album, [], budget)
    assert [each for each in album if each in shown] == list(shown)
    assert len(shown) <= MOST
    left = budget - sum(image_tokens(each, MODELS) for each in shown)
    newer: list[Image] = []
    for each in reversed(album):
        if each in shown:
            newer.append(each)
        elif len(shown) < MOST:
            assert image_tokens(each, MODELS) > left, "none is left out that there was room for"


def test_two_of_the_largest_or_three_usual_ones_are_shown() -> None:
    largest = [Image(str(n), "image/jpeg", 4000, 3000) for n in range(3)]
    usual = [Image(str(n), "image/jpeg", 1600, 1200) for n in range(5)]
    assert taken_in(largest, [], 10_000) == tuple(largest[1:])
    assert taken_in(usual, [], 10_000) == tuple(usual[2:])
    assert taken_in(usual, [UserWords("", tuple(largest[:2]))], 10_000) == ()
