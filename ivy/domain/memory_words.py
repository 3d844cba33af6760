"""The words of a text that a search goes by: plain, without small words, one form for singular and plural.

May import: the standard library, plain words.
"""

import re
from collections import Counter

from ivy.domain.plain_words import is_emoji, word_set, words_of

_SMALL = word_set(
    """a an the this that these those my your his her its our their me you him us them i he she it we they who whom whose which
    what when where why how is am are was were be been being do does did done doing have has had having will would can could
    should shall may might must not no nor so than then too very just also only of at by for with about into to from in on
    off out over under again and but or if as until while because up down there here all any both each more most some such
    im ive id youre dont didnt doesnt isnt wasnt cant wont thats whats lets gonna got get go going went really please
    tell know remember said say told ever much many did last
    un una unos unas el la los las lo al del de en y e o u que quien quienes cual cuales cuando donde como por para con sin
    sobre entre hasta desde mi mis tu tus su sus nuestro nuestra nuestros nuestras me te se nos les le yo ella ellos ellas
    usted ustedes nosotros es soy eres somos son era eras eramos eran fue fui fueron ser estar estoy esta estas estan
    estaba estaban estuve estuvo he has ha hemos han habia hay hacer hago hace hizo hice muy mas menos pero si no ni ya
    tambien solo porque pues este esto ese esa eso esos esas aquel aquella cuanto cuanta cuantos cuantas dime dije dijo
    sabes recuerdas recuerda vez algo algun alguna tengo tiene tienes tenia"""
)


def content_words(text: str) -> Counter[str]:
    """Return how often each word that counts is in a text."""
    return Counter(stem(word) for word in words_of(text) if word not in _SMALL and not is_emoji(word))


def stem(word: str) -> str:
    """Return one form for a word's singular and plural, English and Spanish: runs, run; cafés, cafe; ciudades, ciudad.

    Light on purpose: two words with one stem that mean different things would bring up what nobody asked for.
    """
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-3] + "y" if len(word) > 4 and word.endswith("ies") else word[:-1]
    if len(word) > 5 and word.endswith("ing"):
        root = word.removesuffix("ing")
        return root[:-1] if root[-1] == root[-2] and root[-1] not in "ls" else root
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


_ASKING = word_set(
    """what when where who whom whose which why how is are was were do does did have has can could will would should
    show list tell find search que cual cuales cuando donde quien quienes como cuanto cuanta cuantos cuantas dime muestrame
    muestra busca lista recuerdas sabes puedes"""
)
_SENTENCE = re.compile(r"(?<=[.!?\n])\s+")
FEWEST = 2


def says_something(text: str) -> bool:
    """Say whether there is anything in a message to remember: more than one word that counts, and more than a question."""
    told = [sentence for sentence in _SENTENCE.split(text.strip()) if not _asks(sentence)]
    return content_words(" ".join(told)).total() >= FEWEST


def _asks(sentence: str) -> bool:
    words = words_of(sentence)
    return sentence.rstrip().endswith("?") or bool(words and words[0] in _ASKING)


def is_rare_kind(word: str) -> bool:
    """Say whether a word can only mean one thing: a code, a number, a date."""
    return any(letter.isdigit() for letter in word)
