"""Models retire within months: tests name roles (`tests/models.py`), and a vendor's name only where it is what is tested."""

import re
from pathlib import Path

from ivy.config import MemorySection, ModelsSection, TranscriptionSection

TESTS = Path(__file__).parent
SUBJECT = {
    "adapters": "a vendor's own wire and prices",
    "emulators": "what the emulated vendors know",
    "journeys/files.py": "the one listener that tells how sure it is",
    "daemon/test_media_handler.py": "the same",
    "daemon/test_trouble.py": "the list of retirements",
    "cli/test_doctor_command.py": "the list of retirements, and a listener that no vendor has",
}
"""Where names of models are what is tested, by file or folder, and why."""
NAME = re.compile(
    r"(?:claude-(?:sonnet|haiku|opus|fable)|gpt-[0-9]|gpt-(?:transcribe|whisper)|text-embedding-|whisper-[0-9]|o[0-9]-(?:mini|pro))"
)


def test_no_test_names_a_model_whose_name_is_not_its_subject() -> None:
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("*.py")):
        place = path.relative_to(TESTS).as_posix()
        if path != Path(__file__) and not any(place == each or place.startswith(f"{each}/") for each in SUBJECT):
            lines = path.read_text(encoding="utf-8").splitlines()
            named = [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if NAME.search(line)]
            found |= {place: named} if named else {}
    assert found == {}


def test_the_names_that_ivy_ships_with_would_be_noticed() -> None:
    models = ModelsSection()
    names = [models.primary.model, models.fallback.model, models.cheap.model]
    names += [MemorySection().model, TranscriptionSection().model]
    assert all(NAME.search(name) for name in names)
    assert all((TESTS / each).exists() for each in SUBJECT)
