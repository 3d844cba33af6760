"""What Ivy says on the phone: the standing words of an agent, and the script of each kind of call, in versioned files.

May import: the store and below. One agent speaks each language, and its words cannot differ from call to call: so all that
does stands in variables. In a script `{name}` is a fact, `one || other` the first whose facts are known, `<tú|usted>` a choice.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ivy.domain.call_variables import PLACES, fitted
from ivy.domain.calls import CallKind
from ivy.domain.openers import numbered

FOLDER = Path(__file__).parent / "prompts" / "calls"
VERSION = 1
"""Of all files but these: a change of words is a new file and a new version, so that a kept call says what was said in it."""
NEWER: Mapping[str, int] = {"morning": 2}
LANGUAGES = ("en", "es")
TRACKS = ("individual", "company", "stranger")
VARIABLES: Mapping[str, str] = {name: place.default for name, place in PLACES.items()}
"""Every variable of the agents' words, with what is safe where nobody says otherwise."""
TOOLS = (
    *("save_plan", "plan_workout", "log_workout", "skip_workout", "rest_day", "undo_workout", "undo_note"),
    *("record_scores", "note_change", "set_reminder", "use_reserve", "no_calls_today"),
)
"""What an agent may use while it speaks: few enough to leave room for the rest."""

_SECTION = re.compile(r"^\[([a-z]+)\]$")
_CHOICE = re.compile(r"<([^<>|]*)\|([^<>|]*)>")
_FACT = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True)
class Script:
    """The words of one kind of call; facts are still to be filled in. `first` is said once, in somebody's first call."""

    name: str
    """With its version, and which of its openers it begins with if not the first: morning.en.v1, morning.en.v1#2."""
    version: int
    kind: str
    language: str
    opener: str
    questions: tuple[str, ...]
    closing: str
    text: str
    purpose: str
    voicemail: str = ""
    first: str = ""
    manner: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """Return the variables of a call of which nothing but its kind is known."""
        return fitted(self.filled({}))

    def filled(self, facts: Mapping[str, str], *, is_first: bool = False) -> dict[str, str]:
        """Return the variables that the script gives, with these facts in it; a line without its facts is left out."""
        opener = fill(self.opener, facts)
        questions = (fill(line, facts) for line in self.questions)
        return {
            "ivy_kind": self.kind,
            "ivy_purpose": fill(self.purpose, facts),
            "ivy_manner": self.manner,
            "ivy_opener": f"{opener} {self.first}" if is_first and self.first else opener,
            "ivy_questions": "\n".join(line for line in questions if line),
            "ivy_closing": fill(self.closing, facts),
            "ivy_script": fill(self.text, facts),
        }

    def left_on_machine(self, facts: Mapping[str, str]) -> str:
        """Return what an answering machine hears; "" for a kind of call that leaves nothing."""
        return fill(self.voicemail, facts)


def script(
    kind: CallKind | str, track: str, language: str, address: str, *, opener: int = 0, fresh: str = ""
) -> Script:
    """Return the script of a kind of call; `address` is tu or usted, `opener` which of its openers it begins with.

    `fresh`: what makes this morning one for a fresh start, week, back or birthday; "" if nothing does. A stranger has a script of
    their own.
    """
    of, tongue = CallKind(kind).value, _tongue(language)
    version = NEWER.get(of, VERSION)
    name = f"{'stranger' if track == 'stranger' else of}.{tongue}.v{version}"
    parts = {section: _addressed(words, address) for section, words in _read(name).items()}
    # Who calls may be anybody: that an employer pays is told in Ivy's own calls only.
    sponsored = track == "company" and of != CallKind.INBOUND.value
    company = _read(f"company.{tongue}.v{VERSION}").items() if sponsored else ()
    more = {section: _addressed(words, address) for section, words in company}
    start: Mapping[str, str] = _read(f"fresh.{tongue}.v{VERSION}") if fresh else {}
    how_are_you, *rest = parts["questions"].split("\n")
    return Script(
        name=numbered(name, opener),
        version=version,
        kind=of,
        language=tongue,
        opener=_addressed(_more_openers(of, tongue)[opener - 1], address) if opener else parts["opener"],
        questions=(how_are_you, *([_addressed(start[fresh], address)] if fresh else []), *rest),
        closing=parts["closing"],
        text="\n".join(filter(None, (parts["script"], start.get("script"), more.get("script")))),
        purpose=parts["purpose"],
        voicemail=parts.get("voicemail", ""),
        first=more.get("first", ""),
        manner=_manner(tongue, address),
    )


def openers(kind: CallKind | str, language: str) -> int:
    """Return how many openers a kind of call has: what comes each day or week does not begin with the same words each time."""
    return 1 + len(_more_openers(CallKind(kind).value, _tongue(language)))


def _more_openers(kind: str, tongue: str) -> Sequence[str]:
    return _read(f"openers.{tongue}.v{VERSION}").get(kind, "").splitlines()


def _tongue(language: str) -> str:
    return "es" if language.lower().startswith("es") else "en"


@cache
def agent_prompt(language: str) -> str:
    """Return the standing words of the agent that speaks a language: en or es, with the places of all variables."""
    return (FOLDER / f"agent.{language}.v{VERSION}.md").read_text(encoding="utf-8").strip()


def rendered(text: str, variables: Mapping[str, str]) -> str:
    """Return words as the provider makes them: each variable in its place, once, and what is unknown left as it is."""
    return re.sub(r"\{\{([a-z_]+)\}\}", lambda found: variables.get(found[1], found[0]), text)


def fill(words: str, facts: Mapping[str, str]) -> str:
    """Return words with facts in them, line by line: of alternatives the first that has all of its facts."""
    lines = (_first_known(line.split(" || "), facts) for line in words.split("\n"))
    return "\n".join(line for line in lines if line)


def _first_known(alternatives: Sequence[str], facts: Mapping[str, str]) -> str:
    for words in alternatives:
        if all(facts.get(name) for name in _FACT.findall(words)):
            return _FACT.sub(lambda found: facts[found[1]], words)
    return ""


def _addressed(words: str, address: str) -> str:
    return _CHOICE.sub(lambda found: found[2 if address == "usted" else 1], words)


def _manner(language: str, address: str) -> str:
    if language == "en":
        return ""
    return "Trata a la persona de usted, siempre." if address == "usted" else "Trata a la persona de tú, siempre."


@cache
def _read(name: str) -> Mapping[str, str]:
    """Return the sections of a file."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (FOLDER / f"{name}.md").read_text(encoding="utf-8").splitlines():
        if found := _SECTION.match(line):
            current = sections.setdefault(found[1], [])
        elif line.strip():
            current.append(line.strip())
    return {section: "\n".join(lines) for section, lines in sections.items()}
