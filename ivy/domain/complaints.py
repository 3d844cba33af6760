"""Whether words say that Ivy's last answer was wrong. May import: plain words."""

from enum import Enum

from ivy.domain.plain_words import clauses_of, is_emoji, word_set


class Complaint(Enum):
    ALONE = "alone"
    """All that it says."""
    BEGINS = "begins"
    """It goes on, with what is right or what was meant: a turn answers that."""


_PHRASES = frozenset(
    line.strip()
    for line in """
    that is wrong
    thats wrong
    that was wrong
    this is wrong
    its wrong
    it is wrong
    you are wrong
    youre wrong
    you were wrong
    you got it wrong
    you got that wrong
    wrong answer
    thats not right
    that is not right
    thats not correct
    that is not correct
    thats incorrect
    that is incorrect
    thats false
    that isnt right
    that isnt true
    thats not true
    that is not true
    thats not what i said
    that is not what i said
    thats not what i asked
    that is not what i asked
    i didnt say that
    i did not say that
    you made a mistake
    you made that up
    eso esta mal
    esta mal
    esto esta mal
    eso estuvo mal
    esta mal eso
    eso es incorrecto
    es incorrecto
    eso no es correcto
    no es correcto
    eso no es asi
    no es asi
    eso no es cierto
    no es cierto
    eso no es verdad
    eso es falso
    te equivocas
    te equivocaste
    te has equivocado
    se equivoca
    se equivoco
    se ha equivocado
    estas equivocada
    esta equivocada
    respuesta equivocada
    eso no fue lo que dije
    eso no es lo que dije
    no dije eso
    yo no dije eso
    no fue lo que pedi
    eso no es lo que pedi
    te lo inventaste
    se lo invento
    """.splitlines()
    if line.strip()
)
_BEFORE = word_set("no nope hey oye ivy wait espera sorry perdon perdona but pero well hmm mmm")
_AFTER = word_set("ivy sorry perdon again otra vez")


def complaint(text: str) -> Complaint | None:
    """Return whether a message complains of an answer, with nothing more in it or with more; None if it does not."""
    clauses = [words for clause in clauses_of(text) if (words := _bare(clause))]
    if not clauses or " ".join(clauses[0]) not in _PHRASES:
        return None
    return Complaint.ALONE if all(" ".join(clause) in _PHRASES for clause in clauses) else Complaint.BEGINS


def _bare(clause: tuple[str, ...]) -> tuple[str, ...]:
    """Return a clause without emojis, and without what people put before or after it."""
    words = [word for word in clause if not is_emoji(word)]
    while words and words[0] in _BEFORE and " ".join(words) not in _PHRASES:
        words.pop(0)
    while words and words[-1] in _AFTER and " ".join(words) not in _PHRASES:
        words.pop()
    return tuple(words)
