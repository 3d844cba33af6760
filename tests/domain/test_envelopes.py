"""What a mail server's answers mean for a mail."""

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.envelopes import COME_BACK_AFTER, QUOTA_AFTER, Failed, Server, Step, meaning
from ivy.errors import (
    OutcomeUnknown,
    RecipientGone,
    VendorBusy,
    VendorError,
    VendorMisconfigured,
    VendorRefused,
)
from tests.cases import each_case

MEANINGS: list[tuple[Step, int, str, type[VendorError]]] = [
    (Step.CONNECT, 0, "Connection refused", VendorBusy),
    (Step.CONNECT, 421, "Too busy", VendorBusy),
    (Step.CONNECT, 554, "Your address is on a list", VendorMisconfigured),
    (Step.HELLO, 0, "", VendorBusy),
    (Step.HELLO, 501, "", VendorMisconfigured),
    (Step.SECURE, 454, "4.7.0 No TLS now", VendorBusy),
    (Step.SECURE, 554, "", VendorMisconfigured),
    (Step.SIGN_IN, 454, "4.7.0 Later", VendorBusy),
    (Step.SIGN_IN, 535, "5.7.8 Wrong", VendorMisconfigured),
    (Step.SIGN_IN, 534, "5.7.9 Use an app password", VendorMisconfigured),
    (Step.SENDER, 0, "", VendorBusy),
    (Step.SENDER, 451, "4.3.0", VendorBusy),
    (Step.SENDER, 530, "5.7.0 Sign in first", VendorMisconfigured),
    (Step.SENDER, 553, "5.7.1 Not owned by you", VendorMisconfigured),
    (Step.SENDER, 550, "5.7.1 Not from here", VendorMisconfigured),
    (Step.SENDER, 550, "5.1.8 No such sender", VendorMisconfigured),
    (Step.SENDER, 552, "5.3.4 Too large", VendorRefused),
    (Step.SENDER, 550, "no", VendorRefused),
    (Step.RECIPIENT, 450, "4.2.0 Greylisted", VendorBusy),
    (Step.RECIPIENT, 550, "No such user", RecipientGone),
    (Step.RECIPIENT, 550, "5.1.1 No such user", RecipientGone),
    (Step.RECIPIENT, 550, "5.1.10 No such user", RecipientGone),
    (Step.RECIPIENT, 550, "5.2.1 Disabled", RecipientGone),
    (Step.RECIPIENT, 552, "5.2.2 Mailbox full", VendorRefused),
    (Step.RECIPIENT, 550, "5.7.1 Blocked by policy", VendorRefused),
    (Step.RECIPIENT, 554, "5.7.1 <ana@example.org>: Relay access denied", VendorMisconfigured),
    (Step.RECIPIENT, 550, "Relaying not permitted", VendorMisconfigured),
    (Step.RECIPIENT, 550, "5.4.5 Daily user sending limit exceeded", VendorBusy),
    (Step.DATA, 0, "", VendorBusy),
    (Step.DATA, 250, "Fine?", VendorBusy),
    (Step.DATA, 554, "No valid recipients", VendorRefused),
    (Step.CONTENT, 0, "", OutcomeUnknown),
    (Step.CONTENT, -1, "garbage", OutcomeUnknown),
    (Step.CONTENT, 354, "Go on?", OutcomeUnknown),
    (Step.CONTENT, 451, "4.7.1 Try later", VendorBusy),
    (Step.CONTENT, 421, "4.4.2 Closing", VendorBusy),
    (Step.CONTENT, 550, "5.7.26 No DKIM", VendorRefused),
    (Step.CONTENT, 554, "spam", VendorRefused),
    (Step.CONTENT, 550, "5.1.1 No such user after all", RecipientGone),
]


@each_case(("step", "code", "text", "kind"), MEANINGS)
def test_each_answer_has_one_meaning(step: Step, code: int, text: str, kind: type[VendorError]) -> None:
    error = meaning(Failed(step, code, text))
    assert type(error) is kind
    assert text.split(" ")[-1] in error.reason
    if isinstance(error, VendorRefused):
        assert error.code == str(code)


def test_a_server_that_wants_time_is_given_some() -> None:
    greylisted = meaning(Failed(Step.RECIPIENT, 451, "4.7.1 Come back"))
    assert isinstance(greylisted, VendorBusy) and greylisted.after == COME_BACK_AFTER and greylisted.throttled
    quota = meaning(Failed(Step.CONTENT, 550, "5.4.5 Daily limit"))
    assert isinstance(quota, VendorBusy) and quota.after == QUOTA_AFTER
    down = meaning(Failed(Step.CONNECT, 421))
    assert isinstance(down, VendorBusy) and down.after is None and not down.throttled


def test_what_only_the_operator_can_mend_pauses() -> None:
    for step in Step:
        assert type(meaning(Failed(step, text="no STARTTLS", misfit=True))) is VendorMisconfigured


@given(st.sampled_from(Step), st.integers(-1, 999), st.text(max_size=300))
def test_nothing_is_surely_unsent_once_the_mail_has_left_without_an_answer(step: Step, code: int, text: str) -> None:
    error = meaning(Failed(step, code, text))
    answered = code // 100 in (4, 5)
    assert isinstance(error, OutcomeUnknown) == (step is Step.CONTENT and not answered)
    assert error.reason.isprintable() and len(error.reason) < 260
    if code // 100 == 4:
        assert isinstance(error, VendorBusy)


def test_a_password_is_not_printed() -> None:
    assert "hunter2" not in repr(Server("mail.test", 587, "starttls", "ivy", "hunter2"))
