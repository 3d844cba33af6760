import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.errors import ConfigError, StoreError
from ivy.store.sealing import Sealer, new_key

OLD, NEW = "11" * 32, "22" * 32
places = st.builds("webhook_inbox/{}/body".format, st.integers(0, 10**6))


@given(st.binary(max_size=2000), places)
def test_what_is_sealed_opens_and_shows_nothing(plain: bytes, place: str) -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal(plain, place)
    assert sealer.open(sealed, place) == plain
    assert len(sealed) == len(plain) + 32
    assert len(plain) < 4 or plain not in sealed
    assert sealer.seal(plain, place) != sealed


@given(st.binary(max_size=200), places, places)
def test_a_value_moved_to_another_row_does_not_open(plain: bytes, place: str, other: str) -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal(plain, place)
    if place != other:
        with pytest.raises(StoreError, match="changed or moved"):
            sealer.open(sealed, other)


@given(st.binary(max_size=200), st.data())
def test_a_changed_bit_is_noticed_wherever_it_is(plain: bytes, data: st.DataObject) -> None:
    sealer = Sealer([OLD])
    sealed = bytearray(sealer.seal(plain, "t/1/c"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(StoreError):
        sealer.open(bytes(sealed), "t/1/c")


@given(st.binary(max_size=40))
def test_bytes_that_were_never_sealed_are_refused(garbage: bytes) -> None:
    with pytest.raises(StoreError):
        Sealer([OLD]).open(garbage, "t/1/c")


def test_keys_are_changed_one_by_one() -> None:
    before = Sealer([OLD]).seal(b"old", "t/1/c")
    both = Sealer([NEW, OLD])
    after = both.seal(b"new", "t/2/c")
    assert (both.open(before, "t/1/c"), both.open(after, "t/2/c")) == (b"old", b"new")
    only_new = Sealer([NEW])
    assert only_new.open(after, "t/2/c") == b"new"
    with pytest.raises(StoreError, match="a key that is not configured"):
        only_new.open(before, "t/1/c")


def test_a_new_key_is_fit_to_be_used_and_never_the_same() -> None:
    key = new_key()
    assert key != new_key()
    assert Sealer([key]).open(Sealer([key]).seal(b"x", "p"), "p") == b"x"


@pytest.mark.parametrize("keys", [[], ["11" * 31], ["xy" * 32], ["11" * 33], [OLD, ""]])
def test_a_key_that_is_none_is_a_configuration_error(keys: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"store\.seal_key"):
        Sealer(keys)
