import copy
import json
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivy.adapters.whatsapp.webhook import parse, parse_part
from ivy.domain.inbound import Broken, InboundEvent, Text, Unknown
from ivy.errors import Unreadable
from tests.cases import each_case

OURS = "106540352242922"
GOLDEN = {path.stem: json.loads(path.read_text()) for path in Path(__file__).parent.glob("whatsapp_payloads/*.json")}


def plain(events: tuple[InboundEvent, ...]) -> Any:
    return msgspec.json.decode(msgspec.json.encode(events))


def body_of(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def test_the_corpus_is_there() -> None:
    assert len(GOLDEN) > 60


@each_case("name", sorted(GOLDEN))
def test_each_kind_of_payload_becomes_its_events(name: str) -> None:
    golden = GOLDEN[name]
    assert plain(parse(body_of(golden["payload"]), phone_number_id=OURS)) == golden["events"]


@each_case("name", sorted(GOLDEN))
def test_escapes_and_unicode_read_the_same(name: str) -> None:
    payload = GOLDEN[name]["payload"]
    spelled_out = json.dumps(payload, ensure_ascii=False, indent=2).encode()
    escaped = json.dumps(payload).replace("/", "\\/").encode()
    assert parse(spelled_out) == parse(escaped) == parse(body_of(payload))


def test_every_number_is_ours_when_none_is_named() -> None:
    [event] = parse(body_of(GOLDEN["another_number"]["payload"]))
    assert isinstance(event, Text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"7",
        b'"text"',
        b"null",
        b'{"object": NaN}',
        b'{"a": Infinity}',
        b'{"object": "\xff\xfe"}',
        b"\xef\xbb\xbf{}",
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 10_000,
        b'{"a":' + b"[" * 200 + b"]" * 200 + b"}",
        b'{"entry": [}',
    ],
    ids=range(14),
)
def test_only_what_is_no_json_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body)


def test_half_an_emoji_costs_nothing() -> None:
    payload = copy.deepcopy(GOLDEN["text"]["payload"])
    value = payload["entry"][0]["changes"][0]["value"]
    value["contacts"][0]["profile"]["name"] = "Ana \ud83c"
    value["messages"][0]["text"]["body"] = "hi \udf3f there \ud83c\udf3f"
    [event] = parse(body_of(payload))
    assert isinstance(event, Text)
    assert (event.sender.name, event.body) == ("Ana \ufffd", "hi \ufffd there 🌿")


def test_a_number_of_thousands_of_digits_costs_its_own_part_at_most() -> None:
    body = body_of(GOLDEN["text"]["payload"]).replace(b'"1780000000"', b"9" * 5000)
    [event] = parse(body)
    assert isinstance(event, Broken)
    assert event.path == "entry[0].changes[0].value.messages[0]"


@pytest.mark.parametrize("name", ["broken_messages", "broken_statuses", "broken_containers", "broken_preferences"])
def test_a_broken_part_is_found_again_by_its_path(name: str) -> None:
    body = body_of(GOLDEN[name]["payload"])
    for event in parse(body):
        if isinstance(event, Broken):
            assert parse_part(body, event.path) == (event,)


def test_a_part_is_read_again_without_its_neighbours() -> None:
    body = body_of(GOLDEN["batch"]["payload"])
    assert parse_part(body, "entry[0].changes[0].value.messages[1]") == parse(body)[1:2]
    assert parse_part(body, "entry[0]") == parse(body)[:5]
    assert parse_part(body, "entry[9]") == ()


def test_a_delivery_of_a_thousand_is_read_whole() -> None:
    payload = copy.deepcopy(GOLDEN["text"]["payload"])
    value = payload["entry"][0]["changes"][0]["value"]
    value["messages"] = [{**value["messages"][0], "id": f"wamid.{number}"} for number in range(1000)]
    value["contacts"] *= 1000
    assert [event.external_id for event in parse(body_of(payload)) if isinstance(event, Text)] == [
        f"wamid.{number}" for number in range(1000)
    ]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.just("wamid.X"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Return every place in a tree, as its holder and its key or position."""
    keys = list(cast(dict[str, Any], tree)) if isinstance(tree, dict) else list(range(len(tree)))
    found: list[tuple[Any, Any]] = [(tree, key) for key in keys]
    for key in keys:
        if isinstance(tree[key], dict | list):
            found += places(tree[key])
    return found


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted(GOLDEN)), st.data())
def test_no_mutation_of_a_payload_raises_or_leaves_our_types(name: str, data: st.DataObject) -> None:
    payload = copy.deepcopy(GOLDEN[name]["payload"])
    for _mutation in range(data.draw(st.integers(1, 3))):
        if not (all_places := places(payload)):
            break
        holder, key = data.draw(st.sampled_from(all_places))
        if data.draw(st.booleans()):
            holder[key] = data.draw(JSON)
        else:
            del holder[key]
    events = parse(body_of(payload), phone_number_id=OURS)
    # What is stored comes back as it was: every field has the type it promises.
    assert msgspec.json.decode(msgspec.json.encode(events), type=tuple[InboundEvent, ...]) == events


@given(JSON)
def test_any_json_is_events_or_unreadable(tree: Any) -> None:
    try:
        events = parse(json.dumps(tree).encode())
    except Unreadable:
        assert not isinstance(tree, dict)
        return
    assert all(isinstance(event, Unknown | Broken) for event in events)


@given(st.binary(max_size=200))
def test_any_bytes_are_events_or_unreadable(body: bytes) -> None:
    try:
        parse(body)
    except Unreadable:
        return
    assert isinstance(json.loads(body), dict)
