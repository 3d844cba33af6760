"""The pack that comes with Ivy: complete in both languages, and nothing in it that Meta would refuse or make dear."""

from pathlib import Path

import pytest

from ivy.adapters.whatsapp import pack
from ivy.adapters.whatsapp.templates import create_body
from ivy.domain.template_lint import lint
from ivy.domain.templates import Definition, fill
from ivy.errors import ConfigError

NAMES = {
    "account_notice", "alert_raised", "answer_ready", "checkin_due", "day_open", "evening_due", "event_soon", "missed_call",
    "month_due", "plan_due", "reminder_due", "week_due", "weekly_summary_ready",
}  # fmt: skip


def test_every_template_is_there_in_english_and_spanish() -> None:
    assert {(each.name, each.language) for each in pack.pack()} == {
        (name, language) for name in NAMES for language in ("en", "es")
    }


@pytest.mark.parametrize("definition", pack.pack(), ids=lambda each: f"{each.name}-{each.language}")
def test_nothing_is_wrong_with_one(definition: Definition) -> None:
    assert lint(definition) == []
    assert 1 <= len(definition.buttons) <= 3 and all(len(each) <= 20 for each in definition.buttons)
    assert 0 < definition.ttl_seconds <= 43_200
    assert fill(definition, definition.examples).text


@pytest.mark.parametrize("definition", pack.pack(), ids=lambda each: f"{each.name}-{each.language}")
def test_spanish_fits_tu_and_usted_and_every_text_says_who_writes(definition: Definition) -> None:
    words = definition.body.lower().split()
    assert not {"usted", "su", "sus", "vosotros", "tu", "tus", "te"} & set(words)
    assert "Ivy" in definition.body


def test_reminders_do_not_come_hours_late() -> None:
    hours = {each.name: each.ttl_seconds / 3600 for each in pack.pack()}
    for name in NAMES - {"account_notice", "alert_raised", "answer_ready", "day_open", "weekly_summary_ready"}:
        assert hours[name] <= 2


def test_the_request_has_the_shape_of_the_reference() -> None:
    definition = next(each for each in pack.pack() if (each.name, each.language) == ("plan_due", "en"))
    assert create_body(definition) == {
        "name": "plan_due",
        "language": "en",
        "category": "UTILITY",
        "parameter_format": "NAMED",
        "message_send_ttl_seconds": 7200,
        "components": [
            {
                "type": "BODY",
                "text": definition.body,
                "example": {"body_text_named_params": [{"param_name": "time", "example": "6:30"}]},
            },
            {"type": "FOOTER", "text": "Reply STOP to receive no more messages"},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "QUICK_REPLY", "text": "Plan the day"},
                    {"type": "QUICK_REPLY", "text": "Not today"},
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    "text",
    [
        "purpose = 1",
        "not toml",
        'purpose = "x"\nttl_seconds = 60\nsurprise = 1\n[languages.en]\nbody = "x"\nbuttons = []',
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"broken\.toml"):
        pack.read_pack(tmp_path)


def test_a_bad_pack_is_told_with_the_names(tmp_path: Path) -> None:
    version = '[languages.es]\nbody = "Te extrañamos"\nbuttons = ["Ver"]\n'
    (tmp_path / "comeback.toml").write_text(f'purpose = "x"\nttl_seconds = 60\n{version}')
    said = pack.complaints(pack.read_pack(tmp_path))
    assert any(each.startswith("comeback (es): 'te extranamos'") for each in said)
    assert any("no English version" in each for each in said)
