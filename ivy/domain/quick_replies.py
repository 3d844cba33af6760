"""Short answers that need no model: done, skip, rest, yes; the run or the yoga. May import: the domain.

Only a whole message counts: "done deal, book it" is a sentence for the model.
"""

import re
from collections.abc import Sequence
from enum import Enum

from ivy.domain.plain_words import is_emoji, one_slip, word_set, words_of

LONGEST = 5
"""In words; more than that says more than a quick reply."""


class QuickReply(Enum):
    """What a short message says; which workout or question it belongs to is the caller's to find."""

    DONE = "done"
    SKIP = "skip"
    REST = "rest"
    PARTIAL = "partial"
    LATER = "later"
    YES = "yes"
    NO = "no"


_PHRASES = {
    QuickReply.DONE: (
        "done|im done|i am done|its done|is done|all done|done it|did it|i did it|i did|finished|im finished|i finished|"
        "finished it|i finished it|completed|completed it|complete|workout done|run done|workout finished|did my workout|"
        "just did it|nailed it|smashed it|crushed it|got it done|made it|finito|"
        "hecho|hecha|esta hecho|ya hecho|listo|ya listo|todo listo|ya esta|termine|ya termine|terminado|"
        "terminada|he terminado|ya he terminado|acabe|ya acabe|acabado|he acabado|lo hice|ya lo hice|si lo hice|"
        "ya lo he hecho|lo he hecho|completado|completada|conseguido|lo logre|logrado|cumplido|entrenamiento hecho|"
        "ya entrene|entrene|feito|fatto|fini|fertig|erledigt"
    ),
    QuickReply.SKIP: (
        "skip|skp|skip it|skip this|skip this one|skip today|ill skip|i skip|i skipped|skipped|skipping|i will skip|"
        "gonna skip|pass|ill pass|i pass|not today|no today|cant today|i cant today|didnt do it|i didnt do it|"
        "didnt happen|missed it|"
        "hoy no|hoy no puedo|no puedo hoy|no pude|hoy no pude|no lo hice|saltar|saltarlo|salto|lo salto|me lo salto|"
        "saltemos|hoy paso|paso|hoy me lo salto|omitir|pular|hoje nao"
    ),
    QuickReply.REST: (
        "rest|rest day|resting|im resting|rest today|need rest|i need rest|a rest day|day off|taking a rest day|"
        "descanso|descansar|descansando|dia de descanso|hoy descanso|descanso hoy|dia libre|toca descanso|"
        "necesito descansar|necesito descanso|hoy toca descanso|reposo"
    ),
    QuickReply.PARTIAL: (
        "half|half of it|half done|did half|i did half|halfway|partly|partial|partially|part of it|some of it|a bit|"
        "did some|did a bit|i did some|a little|almost|almost done|not all of it|"
        "a medias|medio|la mitad|mitad|hice la mitad|a mitad|una parte|en parte|parcial|parcialmente|casi|casi todo|"
        "un poco|hice un poco|algo hice"
    ),
    QuickReply.LATER: (
        "later|later today|a bit later|maybe later|do it later|ill do it later|in a bit|in a while|not yet|not now|"
        "soon|snooze|remind me later|"
        "luego|mas tarde|despues|ahora no|aun no|todavia no|en un rato|mas luego|lo hago luego|luego lo hago|al rato|"
        "mas tardecito|depois"
    ),
    QuickReply.YES: (
        "yes|yeah|yep|yup|yess|yea|sure|of course|ok|okay|okey|absolutely|definitely|yes sure|sounds good|lets do it|"
        "lets go|go ahead|do it|correct|right|thats right|exactly|"
        "si|sii|claro|claro que si|por supuesto|vale|dale|de acuerdo|desde luego|va|venga|correcto|exacto|eso es|"
        "hagamoslo|vamos|sim"
    ),
    QuickReply.NO: "no|nope|nah|no way|not really|no thanks|no thank you|no gracias|que va|para nada|claro que no|nao|nein",
}
_BY_PHRASE = {
    tuple(phrase.split()): reply for reply, phrases in _PHRASES.items() for phrase in phrases.split("|")
}  # fmt: skip

_FORGIVING = sorted(
    word_set(
        "done finished completed skip skipped hecho listo terminado terminada termine completado descanso descansar "
        "saltar saltarlo partial parcial mitad halfway luego despues later snooze"
    )
)
"""Words met under one slip, if what was typed is no word of its own."""

_REAL_WORDS = word_set(
    "bone cone gone hone lone none pone tone zone dane dine dune dole dome dope dose dote dove doze dong dons dont donde "
    "doner dona dones undone donut node donor doce donc dono dene finishes finisher complete completes competed "
    "skim skin skid skit skis ship slip snip spik skips kip shipped skipper slipped snipped "
    "lecho pecho techo helecho hechos echos derecho trecho lista listos liso visto listas misto list lists liston "
    "termina termino terminen termines termite terminal terminate terminados completadas completen "
    "descansa descansas descansos descanse descansen asaltar saltas salta saltare saltan salar altar saltear salvar "
    "faltar soltar martial marcial partials imitad mita juego fuego ruego lego "
    "water layer lather latte lager laser latter alter late hater cater dater taller lates liter eater rater mater "
    "latex slater"
)

_POLITE = word_set(
    "hey hi hello ivy please pls thanks thank you thx por favor porfa gracias hola coach hurra yay ok okay vale pues bueno"
)
_FILLING = _POLITE | word_set("today hoy now all just yes yeah yep si ya well so finally al fin everything todo")
"""Words that change nothing beside a reply, and may be one on their own."""

_EMOJI = {
    "✅": QuickReply.DONE, "✔": QuickReply.DONE, "☑": QuickReply.DONE, "💪": QuickReply.DONE, "🏁": QuickReply.DONE,
    "⏭": QuickReply.SKIP, "😴": QuickReply.REST, "🛌": QuickReply.REST, "🛏": QuickReply.REST,
    "👍": QuickReply.YES, "👌": QuickReply.YES, "👎": QuickReply.NO, "❌": QuickReply.NO,
}  # fmt: skip


def quick_reply(text: str) -> QuickReply | None:
    """Read a whole short message in English or Spanish, typos and all; a question is none."""
    words = words_of(text)
    spoken = tuple(word for word in words if not is_emoji(word))
    if "?" in text or len(spoken) > LONGEST:
        return None
    if not spoken:
        return _by_emoji(words)
    candidates = (tuple(word for word in spoken if word not in idle) for idle in (frozenset[str](), _POLITE, _FILLING))
    return next((reply for phrase in candidates if (reply := _by_phrase(phrase))), None)


def _by_phrase(phrase: tuple[str, ...]) -> QuickReply | None:
    return _BY_PHRASE.get(phrase) or _BY_PHRASE.get(tuple(map(_corrected, phrase)))


def _corrected(word: str) -> str:
    if len(word) < 4 or word in _REAL_WORDS:
        return word
    return next((meant for meant in _FORGIVING if one_slip(word, meant)), word)


def _by_emoji(emojis: tuple[str, ...]) -> QuickReply | None:
    """A thumb beside a tick says no more than the tick; two different answers say nothing."""
    said = {_EMOJI[emoji] for emoji in emojis if emoji in _EMOJI}
    if QuickReply.DONE in said:
        said.discard(QuickReply.YES)
    return said.pop() if len(said) == 1 else None


# --- which of several --------------------------------------------------------------------------------

_POSITIONS = {
    word: position
    for position, words in enumerate(
        (
            "one first uno una primero primera primer",
            "two second dos segundo segunda",
            "three third tres tercero tercera tercer",
            "four fourth cuatro cuarto cuarta",
            "five fifth cinco quinto quinta",
        )
    )
    for word in words.split()
}
_LAST = word_set("last latter ultimo ultima")
_NUMBER = re.compile(r"(\d{1,2})(?:st|nd|rd|th|o|a|er|ro|do|to)?")
_NOT = word_set("not no neither none nor dont but except ni ninguno ninguna nada menos excepto sino pero tampoco")
_LITTLE = word_set(
    "the a an my that this it is was i mean did meant option number please pls thanks thank you ok okay of for yes "
    "el la los las lo un mi ese esa este esta es era fue quiero decir hice opcion numero por favor porfa gracias de del "
    "si al"
)
_PRONOUNS = word_set("one uno una")
_LONGEST_CHOICE = 8


def which(text: str, options: Sequence[str]) -> int | None:
    """Return the index of the option a person means by number, ordinal or name, or None if it is not plainly one."""
    words = [word for word in words_of(text) if not is_emoji(word)]
    if not words or len(words) > _LONGEST_CHOICE or not _NOT.isdisjoint(words):
        return None
    said = [word for word in words if word not in _LITTLE]
    said = [word for word in said if word not in _PRONOUNS] or said  # "one" alone is the first, beside a word it is not
    named = _named(said, options)
    placed = _placed(said, len(options))
    if named is not None and placed is not None and named != placed:
        return None
    return placed if named is None else named


def _placed(said: list[str], count: int) -> int | None:
    """ "The second one" is a place; "the second run" is left to the names."""
    if len(said) != 1:
        return None
    number = _NUMBER.fullmatch(said[0])
    place = int(number[1]) - 1 if number else count - 1 if said[0] in _LAST else _POSITIONS.get(said[0], -1)
    return place if 0 <= place < count else None


def _named(said: list[str], options: Sequence[str]) -> int | None:
    """The one option whose name holds all that was said; or, if only one is touched at all, whose whole name was said."""
    if not said:
        return None
    names = [[word for word in words_of(option) if word not in _LITTLE] for option in options]
    held = [index for index, name in enumerate(names) if _all_in(said, name)]
    if not held:
        touched = [index for index, name in enumerate(names) if any(_all_in([word], said) for word in name)]
        held = touched if len(touched) == 1 and _all_in(names[touched[0]], said) else []
    return held[0] if len(held) == 1 else None


def _all_in(words: list[str], others: list[str]) -> bool:
    return all(any(_same(word, other) for other in others) for word in words)


def _same(word: str, other: str) -> bool:
    return word == other or (min(len(word), len(other)) >= 4 and one_slip(word, other))
