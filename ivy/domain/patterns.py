"""Regular expressions that are compiled when they are first asked. May import: the standard library.

Python compiles them in Python: its long lists of words cost Ivy a fifth of a second, which no command should spend before it
answers, nor the daemon before it listens. For a line of pattern `re.compile` is plainer, and quick enough.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property


class Pattern:
    """One expression, with the methods of `re.Pattern`; `compiled` is that pattern itself."""

    def __init__(self, words: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        self._words, self._flags = words, flags
        _EVERY.append(self)

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self._words, self._flags)

    def search(self, text: str) -> re.Match[str] | None:
        return self.compiled.search(text)

    def match(self, text: str) -> re.Match[str] | None:
        return self.compiled.match(text)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self.compiled.fullmatch(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self.compiled.finditer(text)

    def sub(self, replacement: str | Callable[[re.Match[str]], str], text: str) -> str:
        return self.compiled.sub(replacement, text)


_EVERY: list[Pattern] = []
"""Those of the modules that are imported: each is made by a line of a module, none while Ivy works."""


def compile_all() -> None:
    """Compile what nobody has asked yet, in a thread beside the work: the first message need not wait for it."""
    for each in tuple(_EVERY):
        _ = each.compiled
