"""Structured log lines: one JSON object each, one trace id from webhook to reply, numbers and secrets masked.

May import: the standard library, msgspec.
"""

import logging
import re
import sys
import traceback
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import msgspec

_trace: ContextVar[dict[str, str] | None] = ContextVar("trace", default=None)
_secrets: set[str] = set()
# A phone number, however it is written and whatever stands beside it; dates and times of day are not taken for one.
_NUMBER = re.compile(r"(?<![\w.+-])(?!\d{4}-\d\d-\d\d)\+?\d(?:[ ().-]{0,2}\d){7,14}(?!\w|[:.]\d)")
_KEY = re.compile(r"(?i)\b(bearer|sk-|EAA)[\w. -]{8,}")
_SHORTEST_SECRET = 6


def get(name: str) -> logging.Logger:
    """Return the logger of a module."""
    return logging.getLogger(name)


@contextmanager
def trace(trace_id: str, **facts: str) -> Generator[None]:
    """Write the trace id, and other facts, on each line logged inside."""
    token = _trace.set({**(_trace.get() or {}), "trace": trace_id, **facts})
    try:
        yield
    finally:
        _trace.reset(token)


def hide(values: Sequence[str]) -> None:
    """Never print these again: the secrets of the configuration."""
    _secrets.update(value for value in values if len(value) >= _SHORTEST_SECRET)


def mask(text: str) -> str:
    """Return text fit to be logged: known secrets as stars, phone numbers by their last two digits, one line."""
    for secret in sorted(_secrets, key=len, reverse=True):  # one may begin like another
        text = text.replace(secret, "***")
    text = _KEY.sub("***", text)
    text = _NUMBER.sub(lambda found: f"…{found[0][-2:]}", text)
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


class Lines(logging.Formatter):
    """One JSON object per line, or with `plain` a short line for a person's terminal."""

    def __init__(self, *, plain: bool) -> None:
        super().__init__()
        self._plain = plain

    def format(self, record: logging.LogRecord) -> str:
        text = mask(record.getMessage())
        if self._plain:
            return f"{record.levelname.lower()}: {text}"
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "where": record.name,
            **(_trace.get() or {}),
            "text": text,
        }
        if record.exc_info and isinstance(record.exc_info[1], BaseException):
            line["stack"] = [mask(entry.rstrip()) for entry in traceback.format_exception(record.exc_info[1])]
        return msgspec.json.encode(line).decode()


def start(level: str, *, plain: bool = False) -> None:
    """Send Ivy's log to stderr; other libraries' from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(plain=plain))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("ivy").setLevel(level.upper())
