"""The people of a simulated week: who picks up, what they say on the phone, what they write. May import: the domain and below.

Who they are is data, `personas.toml`. What one does on a local day follows from the seed, their number and that day alone.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from ivy.domain.slots import By
from ivy.emulators.retell_people import (
    Busy,
    Declines,
    HangsUp,
    Interrupts,
    NoAnswer,
    Reply,
    Silent,
    Talker,
    Voicemail,
    scripted,
)

FILE = Path(__file__).with_name("personas.toml")
REST = frozenset({"Rest day", "Descanso"})
"""Titles that only somebody taps who means to rest today."""
_HEARS = ("answers", "interrupts")
"""Ways to pick up in which a whole call is had."""
_NOBODY: Mapping[str, Talker] = {
    "no_answer": NoAnswer(),
    "declines": Declines(),
    "busy": Busy(),
    "voicemail": Voicemail(),
    "silent": Silent(),
}


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On that day, at that local time, they live by another zone; `zone` is home or away."""

    day: int
    at: str
    zone: str


class Stops(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On that day they want no more of it: `by` a text at the local time `at`, or in a call."""

    day: int
    at: str
    by: str


class Says(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What they write on that day at the local time `at`, by language."""

    day: int
    at: str
    words: dict[str, str]


class Persona(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of person; what the numbers mean stands in `personas.toml`."""

    name: str
    about: str
    pickup: dict[str, float]
    mornings: dict[str, float]
    evenings: dict[str, float]
    share: int = 1
    by: By = By.VOICE
    morning: str = "07:00"
    evening: str = "20:00"
    weekly: bool = False
    languages: tuple[str, ...] = ("en", "es")
    places: tuple[str, ...] = ()
    writes: float = 0.0
    taps: float = 0.0
    asks: float = 0.0
    dark: tuple[int, int] | None = None
    moves: tuple[Move, ...] = ()
    stops: Stops | None = None
    says: tuple[Says, ...] = ()
    aloud: bool = False
    """What they have to say in the chat they say in voice notes."""
    mixes: float = 0.0
    """The chance that a message is in the other language."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people say in one language. A plan has the sentences that belong to it: plan, done, part, skip."""

    plans: tuple[dict[str, str], ...]
    mornings: dict[str, tuple[tuple[str, ...], ...]]
    evenings: dict[str, tuple[tuple[str, ...], ...]]
    weekly: tuple[tuple[str, ...], ...]
    done: tuple[str, ...]
    asks: tuple[str, ...]
    stop_text: str
    stop_call: tuple[str, ...]


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place with its numbers, `phone` and so many digits, and what people there give a workout, in their currency."""

    zone: str
    locale: str
    currency: str
    phone: str
    digits: int
    gives: str

    @property
    def language(self) -> str:
        return self.locale[:2]


class Cast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    persona: tuple[Persona, ...]
    words: dict[str, Words]
    places: dict[str, Place]


@dataclass(frozen=True)
class Somebody:
    """One person: where they live, how they are, and what chance they have. `number` counts all people from 0."""

    number: int
    persona: Persona
    home: Place
    away: Place
    seed: int

    @property
    def phone(self) -> str:
        return f"{self.home.phone}{self.number:0{self.home.digits}}"

    @property
    def name(self) -> str:
        return f"{self.persona.name}-{self.number}"

    @property
    def words(self) -> Words:
        return cast().words[self.home.language]

    def chance(self, day: date, *about: object) -> Random:
        """Return chance that belongs to one thing of one local day: what else happens does not move it."""
        return Random(f"{self.seed}/{self.phone}/{day}/{about}")

    def on(self, day: date, number: int) -> "Day":
        """Return what they are up to on a local day, the simulation's `number`th from 0."""
        return Day(self, day, number)


@dataclass(frozen=True)
class Act:
    """Something they do of their own accord, at local `at`: say `text`, in a voice note if `aloud`, or move to `zone`."""

    at: time
    text: str = ""
    zone: str = ""
    aloud: bool = False


@dataclass(frozen=True)
class Day:
    """One local day of somebody's."""

    who: Somebody
    day: date
    number: int

    @property
    def is_dark(self) -> bool:
        """Nothing is answered on this day."""
        dark = self.who.persona.dark
        return dark is not None and dark[0] <= self.number % 7 <= dark[1]

    @property
    def morning(self) -> str:
        return self._one(self.who.persona.mornings, "morning")

    @property
    def plan(self) -> Mapping[str, str]:
        return self._chance("plan").choice(self.who.words.plans)

    @property
    def evening(self) -> str:
        """What there is to tell: what was written already, or was never planned, is told so."""
        if self.morning == "rest":
            return "rest"
        if self.who.persona.evenings.keys() <= {"joke", "long"}:
            return self._one(self.who.persona.evenings, "evening")
        if not self._plans:
            return "none"
        return "told" if self._writes else self._one(self.who.persona.evenings, "evening")

    @property
    def _plans(self) -> bool:
        """They have told Ivy a plan in the morning, or were there to tell it."""
        return not self.is_dark and (self.who.persona.by is By.TEXT or self._picks_up("morning", 1) in _HEARS)

    @property
    def _writes(self) -> bool:
        return self._plans and self.morning != "rest" and self._chance("writes").random() < self.who.persona.writes

    # --- the phone -----------------------------------------------------------------------------------

    def answers(self, kind: str, ring: int) -> Talker:
        """Return who is at the other end when a call of a kind rings for the `ring`th time that day, from 1."""
        how = self._picks_up(kind, ring)
        if how in _NOBODY:
            return _NOBODY[how]
        if how == "hangs_up":
            return HangsUp(after=self._chance("hangs up", kind).randrange(3))
        lines: list[Reply] = list(self._lines(kind))
        if how == "interrupts" and lines:
            lines[0] = Interrupts(str(lines[0]))
        return scripted(*lines)

    def _picks_up(self, kind: str, ring: int) -> str:
        return "no_answer" if self.is_dark else self._one(self.who.persona.pickup, "pickup", kind, ring)

    def _lines(self, kind: str) -> Sequence[str]:
        words, stops = self.who.words, self.who.persona.stops
        if stops is not None and stops.by == "call" and self.number >= stops.day:
            return words.stop_call
        match kind:
            case "evening":
                scripts = words.evenings[self.evening]
            case "weekly":
                scripts = words.weekly
            case _:
                scripts = words.mornings[self.morning]
        return [line.format_map(self.plan) for line in self._chance("lines", kind).choice(scripts)]

    # --- the chat ------------------------------------------------------------------------------------

    def acts(self) -> list[Act]:
        """Return what they do today of their own accord, in order of time."""
        persona = self.who.persona
        acts = [
            Act(time.fromisoformat(move.at), zone=(self.who.home if move.zone == "home" else self.who.away).zone)
            for move in persona.moves
            if move.day == self.number % 7
        ]
        if (stops := persona.stops) and stops.by == "text" and stops.day == self.number:
            acts.append(Act(time.fromisoformat(stops.at), self.who.words.stop_text))
        if not self.is_dark and not self._has_stopped:
            acts += self._writing()
        return sorted(acts, key=lambda act: act.at)

    @property
    def _has_stopped(self) -> bool:
        stops = self.who.persona.stops
        return stops is not None and stops.by == "text" and self.number >= stops.day

    def _writing(self) -> list[Act]:
        persona, language = self.who.persona, self.who.home.language
        said = [(time.fromisoformat(each.at), each.words[language]) for each in persona.says if each.day == self.number]
        if persona.by is By.TEXT and self.morning == "plan":
            said.append((self._time("answer", 7 * 60 + 10, 8 * 60), self.plan["plan"]))
        if self._writes:
            said.append(
                (self._time("done", 18 * 60 + 30, 19 * 60 + 30), self._chance("said").choice(self._words("said").done))
            )
        if self._chance("asks").random() < persona.asks:
            said.append((self._time("ask", 10 * 60, 17 * 60), self._chance("what").choice(self._words("what").asks)))
        return [Act(at, text, aloud=persona.aloud) for at, text in said]

    def _words(self, about: str) -> Words:
        """Return what there is to say in the language in which they say it."""
        if self._chance(about, "mixes").random() >= self.who.persona.mixes:
            return self.who.words
        return next(words for language, words in cast().words.items() if language != self.who.home.language)

    def taps(self, number: int, titles: Sequence[str]) -> tuple[float, str]:
        """Return after how many seconds they tap which title of the day's `number`th message with any; "" for none."""
        chance = self._chance("tap", number)
        meant = [title for title in titles if self.morning == "rest" or title not in REST]
        if self.is_dark or self._has_stopped or not meant or chance.random() >= self.who.persona.taps:
            return 0.0, ""
        return chance.uniform(30, 900), chance.choice(meant)

    # --- chance --------------------------------------------------------------------------------------

    def _chance(self, *about: object) -> Random:
        return self.who.chance(self.day, *about)

    def _one(self, weights: Mapping[str, float], *about: object) -> str:
        return self._chance(*about).choices(list(weights), list(weights.values()))[0]

    def _time(self, what: str, first: int, last: int) -> time:
        minutes = self._chance(what, "at").randrange(first, last)
        return time(minutes // 60, minutes % 60)


@cache
def cast() -> Cast:
    """Return who there is, what they say and where they live."""
    return msgspec.toml.decode(FILE.read_bytes(), type=Cast)


def people(number: int, seed: int, *, only: Sequence[str] = ()) -> list[Somebody]:
    """Return so many people: each persona once, as far as they go, and then each about as often as its share has it."""
    known = [persona for persona in cast().persona if not only or persona.name in only]
    counts: Counter[str] = Counter()
    found: list[Somebody] = []
    for at in range(number):
        share = (at + 1) / sum(persona.share for persona in known)
        persona = max(known, key=lambda each: (not counts[each.name], each.share * share - counts[each.name]))
        counts[persona.name] += 1
        places, first = _places(persona), counts[persona.name] - 1 + known.index(persona)
        home, away = (places[(first + further) % len(places)] for further in (0, 1))
        found.append(Somebody(at, persona, home, away, seed))
    return found


def _places(persona: Persona) -> list[Place]:
    places: dict[str, Any] = dict(cast().places)
    names = persona.places or places
    return [places[name] for name in names if places[name].language in persona.languages]
