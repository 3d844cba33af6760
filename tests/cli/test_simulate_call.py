"""`ivy simulate call`: a person on the phone, in text, and what is kept of it."""

from pathlib import Path
from typing import Any

import pytest

from ivy.cli.simulate_call import call
from ivy.errors import UsageError

PLAN = "if it is six pm then I run, and if it rains then ten minutes of stairs"


@pytest.fixture
def talk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Take a call with these lines; return what the terminal shows."""

    def take(*lines: str, **options: Any) -> str:
        script = tmp_path / "lines.txt"
        script.write_text("\n".join(lines) + "\n")
        call(script=script, **options)
        return capsys.readouterr().out

    return take


def kept(shown: str) -> str:
    return shown[shown.index("Kept") :]


def test_a_plan_made_on_the_phone_is_shown_as_it_was_kept(talk: Any) -> None:
    shown = talk("# how it goes", "", "Pretty good", "A run", PLAN, "/interrupt that's it", "bye")
    assert "agent › Hi Ana, it's Ivy, your AI coach" in shown
    assert "how it goes" not in shown
    assert "call        morning, analysed, completed" in kept(shown)
    assert "plan        If it is six pm, then run; if it rains, then ten minutes of stairs." in kept(shown)
    assert "workout     run on Mon 23 Nov 18:00: planned" in kept(shown)


def test_an_evening_call_in_spanish_moves_the_workout_the_streak_and_the_gift(talk: Any) -> None:
    shown = talk(
        "Aló", "/silence", "hice 40 minutos de bicicleta", "/hangup",
        kind="evening", locale="es-CO", zone="America/Bogota", currency="COP", plan="bicicleta",
    )  # fmt: skip
    assert "habla Ivy" in shown
    assert "bicicleta on Mon 23 Nov: done, 40 min" in kept(shown)
    assert "streak      1 days, the longest 1" in kept(shown)
    assert "pledged     " in kept(shown)


@pytest.mark.parametrize(
    ("line", "outcome", "shows"),
    [
        ("/voicemail", "voicemail", "machine› Hi Ana, it's Ivy"),
        ("/decline", "declined", "message     "),
        ("/noanswer", "missed", "message     "),
    ],
)
def test_a_call_that_is_not_taken_leaves_one_message(talk: Any, line: str, outcome: str, shows: str) -> None:
    shown = talk(line)
    assert f"morning, analysed, {outcome}" in shown or f"morning, ended, {outcome}" in shown
    assert shows in shown
    assert shown.count("message     ") == 1


def test_the_same_lines_make_the_same_call(talk: Any) -> None:
    assert talk("", PLAN, "bye", seed=4) == talk("", PLAN, "bye", seed=4)


@pytest.mark.parametrize("options", [{"kind": "inbound"}, {"kind": "lunch"}, {"day": "someday"}])
def test_what_cannot_be_called_is_said(talk: Any, options: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        talk("", **options)
