"""`ivy simulate chat`: a script is lived through in the terminal, and a newcomer is got to know as in WhatsApp."""

from pathlib import Path
from typing import Any

import pytest

from ivy.cli import options
from ivy.cli.simulate import chat
from ivy.domain.sentences import ENGLISH, SPANISH, Say
from ivy.errors import UsageError

BOGOTA = {"new": True, "phone": "+573001234567", "name": "Ana María", "zone": "America/Bogota"}
AFTERNOON = "2026-11-23T20:30"
"""3:30 pm in Bogotá."""


@pytest.fixture
def talk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Have a conversation with these lines; return what the terminal shows."""

    def have(*lines: str, **more: Any) -> str:
        script = tmp_path / "lines.txt"
        script.write_text("\n".join(lines) + "\n")
        chat(script=script, start=AFTERNOON, **more)
        return capsys.readouterr().out

    return have


def test_a_newcomer_goes_from_hola_to_a_booked_call_by_buttons_and_lives_the_morning_of_it(talk: Any) -> None:
    shown = talk(
        "# whom nobody knows", "hola", "/tap Sí", "/tap Llámame a las 07:00", "/wait 14h", "hola", "/wait 4h", "/tap sí",
        **BOGOTA,
    )  # fmt: skip
    assert "Ana María, whom Ivy does not know yet, Mon 23 Nov 2026 15:30" in shown
    assert "¿el reloj marca 15:30?\n       [Sí] [No]" in shown
    assert "[Llámame a las 07:00] [Escríbeme, 07:00] [Ambas, a las 07:00]" in shown
    assert SPANISH[Say.ONB_BOOKED_CALL].format(day="mañana", time="07:00") in shown
    assert "ivy  › [contact: Ivy]" in shown
    assert "phone› It rings (tu llamada de planes de las 7 de la mañana)" in shown
    asked, thanked = shown.index(SPANISH[Say.ONB_HEALTH]), shown.index("Gracias. Lo uso para acompañarte")
    assert shown.index("it is Tue 24 Nov 05:30") < asked < thanked


def test_who_hides_their_number_says_where_they_are_and_shares_it(talk: Any) -> None:
    shown = talk(
        "hi", "/tap No", "Bogotá", "/tap Call me at 7:00 am", "/share +573009876543",
        **{**BOGOTA, "phone": "CO.1234567890123"},
    )  # fmt: skip
    assert shown.index(ENGLISH[Say.ONB_PHONE]) < shown.index("Booked: I call you")


def test_a_list_has_its_rows_to_tap_and_words_answer_too(talk: Any) -> None:
    shown = talk("hola", "/tap 20:30 Canary", "escríbeme a las 8", new=True, phone="+34611234567", zone="Europe/Madrid")
    assert "[21:30 Madrid] [20:30 Canary] [Otra hora]" in shown
    assert SPANISH[Say.ONB_BOOKED_TEXT].format(day="mañana", time="08:00") in shown


def test_the_tools_of_a_turn_are_shown_to_who_wants_it_before_and_after_they_are_known(talk: Any) -> None:
    shown = talk("hola", "/tap Sí", "gasté 20 mil en almuerzo", verbose=True, **BOGOTA)
    assert "(no model was called)" in shown
    assert "add_expense" in shown and "tokens in" in shown


def test_somebody_known_is_asked_nothing_first(talk: Any) -> None:
    shown = talk("plan a run today", "done")
    assert "whom Ivy does not know yet" not in shown
    assert "Logged: run, done." in shown


@pytest.mark.parametrize(("line", "says"), [("/tap Nothing", "no button"), ("/dance", "/share NUMBER")])
def test_what_cannot_be_done_is_said_plainly(talk: Any, line: str, says: str) -> None:
    with pytest.raises(BaseExceptionGroup) as found:
        talk("hello", line)
    told = options.alone(found.value)
    assert isinstance(told, UsageError) and says in str(told)
