"""Who leaves a message on an answering machine."""

import pytest

from ivy.domain.calls import CallKind
from ivy.domain.voicemail import MAY, check, leaves_message
from ivy.errors import ConfigError

ALL = tuple(kind.value for kind in CallKind)


def test_only_the_kinds_that_are_configured_leave_a_message() -> None:
    assert [kind for kind in CallKind if leaves_message(kind, ("morning",), False)] == [CallKind.MORNING]
    assert not any(leaves_message(kind, (), False) for kind in CallKind)


def test_a_day_has_one_message_at_most_but_for_what_is_read_out() -> None:
    assert {kind for kind in CallKind if leaves_message(kind, ALL, True)} == {CallKind.NOTICE}
    assert not leaves_message(CallKind.NOTICE, ("morning",), False)


def test_a_test_and_a_call_that_came_in_leave_none_whatever_is_configured() -> None:
    silent = {kind for kind in CallKind if not leaves_message(kind, ALL, False)}
    assert silent == {CallKind.TEST, CallKind.INBOUND} == set(CallKind) - MAY


@pytest.mark.parametrize("name", ["mornings", "", "inbound", "test", "MORNING"])
def test_a_kind_that_leaves_no_messages_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"^calls\.voicemail: ") as refused:
        check(("morning", name))
    assert "evening" in str(refused.value)


def test_kinds_that_do_are_fine() -> None:
    check(())
    check(tuple(kind.value for kind in MAY))
