"""The pages that say who runs this Ivy: in words of Ivy's or of theirs. May import: config, frame, its pages.

While [site] names nobody there are none, and their addresses say so in one plain line.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from quart import Response, request

from ivy.config import Config, SiteSection
from ivy.daemon.pages import privacy, terms
from ivy.daemon.pages.frame import LANGUAGES, Part, language_of, long_page
from ivy.errors import ConfigError

PAGES: Mapping[str, tuple[dict[str, str], Callable[[Config, str], Sequence[Part]]]] = {
    "privacy": (privacy.TITLE, privacy.parts),
    "terms": (terms.TITLE, terms.parts),
}
"""By their name: what each is called by language, and what it says."""
NAMES = {"en": "English", "es": "Español"}
LARGEST_TEXT = 40_000
"""Bytes: with the frame around it a page stays below 50 KB."""


def answer(name: str, config: Config, own: Mapping[str, str]) -> Response:
    """Return a page for the request at hand; `own` has the operator's words by a page's name."""
    if not is_told(config.site):
        return Response("This Ivy has no such page yet: its operator is not named.\n", 404, mimetype="text/plain")
    title, parts = PAGES[name]
    asked = request.args.get("lang", "")
    language = asked if asked in LANGUAGES else language_of(request.headers.get("Accept-Language", ""))
    if name in own:
        return long_page(language, title[language], own_parts(own[name]))
    other = next(each for each in LANGUAGES if each != language)
    return long_page(language, title[language], parts(config, language), other=(other, NAMES[other]))


def is_told(site: SiteSection) -> bool:
    """Say whether people can know who runs this Ivy, and how to reach them."""
    return bool(site.name and site.mail)


def own_texts(site: SiteSection, folder: Path) -> dict[str, str]:
    """Return the operator's own words by a page's name; paths are relative to `folder`. Raises: ConfigError."""
    files = {"privacy": site.privacy_file, "terms": site.terms_file}
    return {name: _read(folder / file, f"site.{name}_file") for name, file in files.items() if file}


def own_parts(text: str) -> list[Part]:
    """Return a plain text as parts: an empty line ends a paragraph, `# ` begins a part."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = block.strip("\n").split("\n")
        if lines[0].startswith("# "):
            found.append((lines.pop(0)[2:].strip(), []))
        if said := " ".join(" ".join(lines).split()):
            found[-1][1].append(said)
    return [Part(heading, tuple(lines)) for heading, lines in found if heading or lines]


def _read(path: Path, key: str) -> str:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}: {path} cannot be read: {error.__class__.__name__}.") from None
    if len(text.encode()) > LARGEST_TEXT:
        raise ConfigError(f"{key}: {path} is longer than {LARGEST_TEXT // 1000} KB; nobody reads that on a phone.")
    return text
