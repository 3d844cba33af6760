"""The public set of long conversations is read as its authors publish it, whole or as a zip."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TALK: dict[str, Any] = {
    "speaker_a": "Ana",
    "session_1_date_time": "11:53 am on 23 March, 2023",
    "session_1": [
        {"speaker": "Ana", "dia_id": "D1:1", "text": "I bought a red bicycle in Porto."},
        {"speaker": "Ben", "dia_id": "D1:2", "text": "Lovely.", "blip_caption": "a photo of a lighthouse"},
    ],
    "session_2_date_time": "4:05 pm on 1 April, 2023",
    "session_2": [{"speaker": "Ben", "dia_id": "D2:1", "text": "My guitar lessons begin on Tuesday."}],
}
ASKED: list[dict[str, Any]] = [
    {"question": "Where did Ana buy the red bicycle?", "evidence": ["D1:1"], "category": 4},
    {"question": "Who saw a lighthouse?", "evidence": ["D1:2"], "category": 1},
    {"question": "When do guitar lessons begin?", "evidence": ["D2:1", "D9:9"], "category": 2},
    {"question": "What is nowhere?", "evidence": [], "category": 3},
    {"question": "Xylophone?", "evidence": ["D2:1"], "category": 5},
]


@pytest.mark.parametrize("packed", [False, True])
def test_what_was_said_is_found_and_what_was_not_is_not(tmp_path: Path, packed: bool) -> None:
    if packed:
        file = tmp_path / "set.zip"
        with zipfile.ZipFile(file, "w") as made:
            made.writestr("data/", "")
            made.writestr("data/1.json", json.dumps({**TALK, "qa": ASKED}))
    else:
        file = tmp_path / "set.json"
        file.write_text(json.dumps([{"conversation": TALK, "qa": ASKED}]))
    words = [sys.executable, "bench/public_memory.py", str(file), "words"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert (found["questions"], found["never_said"], found["memories"]) == (3, 1, 3)
    assert (found["recall@1"], found["recall@10"], found["abstention"]) == (1, 1, 1)


def test_without_the_set_it_says_so() -> None:
    words = [sys.executable, "bench/public_memory.py"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["left_out"].startswith("no FILE")
