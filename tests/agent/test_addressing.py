"""Tú and usted: heard as a whole message, kept at once, and said so from the answer on."""

import pytest
from trio.testing import MockClock

from ivy.agent import checkins, context, listening
from ivy.daemon.context import Context
from ivy.domain.address_said import speaks_as_usted, wish
from ivy.domain.sentences import SPANISH, USTED, Say, say
from ivy.store import messages, people
from ivy.store.scope import PersonStore, Scope
from tests.agent.around_calls import DAY, Life, life_of

WISHES = {
    "usted": (
        "trátame de usted|Trátame de usted, por favor|¿me puedes tratar de usted?|prefiero que me trates de usted|de usted|"
        "háblame de usted|De usted, por favor|no me tutees|No me tutee, por favor|deja de tutearme|prefiero usted|"
        "prefiero que no me tutees|quisiera que me hable de usted|mejor de usted|por favor, no me trates de tú|"
        "use usted with me|dígame de usted|Hola Ivy, trátame de usted siempre|¿podría tratarme de usted?|no me hables de tú"
    ),
    "tu": (
        "puedes tutearme|tutéame|Me puedes tutear|tuteame porfa|háblame de tú|trátame de tú|puede tutearme|tuteémonos|"
        "no me trates de usted|no hace falta que me trates de usted|no me hables de usted, por favor|mejor de tú|de tú|"
        "nos podemos tutear|podemos tutearnos|deja el usted|no hace falta el usted|prefiero que me tutees|sí, tutéame"
    ),
    "": (
        "usted|tú|llámame a las 6|¿y usted cómo está?|¿cómo está usted?|me tratan de usted en el trabajo|no|gracias|hoy no|"
        "recuérdame llamar a usted|de lunes a viernes|dime qué hay mañana|llámame Ana|no quiero|de usted depende|"
        "¿por qué me tratas de usted?|háblame de tu día|háblame de tus gastos|prefiero tu plan|dime tu nombre|"
        "no me llames de noche|no me hables de eso|desde hoy trátame de usted y recuérdame a las 6 pagar la luz"
    ),
}  # fmt: skip


def test_a_wish_is_heard_and_other_words_are_not() -> None:
    for meant, phrases in WISHES.items():
        for phrase in phrases.split("|"):
            assert wish(phrase) == meant, phrase


def test_somebody_who_says_usted_first_is_answered_alike() -> None:
    assert speaks_as_usted("Buenos días, ¿cómo está usted? Quiero empezar")
    assert speaks_as_usted("hola, trátame de usted")
    assert not speaks_as_usted("hola, no me trates de usted")
    assert not speaks_as_usted("hola, quiero empezar")


@pytest.fixture
async def life(context: Context, person: PersonStore) -> Life:
    await person.write(people.set_locale, "es-CO")
    return life_of(context, person)


async def says(life: Life, words: str) -> None:
    heard = await life.writes(words)
    await life.does(listening.listen, heard)


async def test_it_is_kept_and_the_answer_says_it_already(life: Life, autojump_clock: MockClock) -> None:
    await says(life, "trátame de usted, por favor")
    await says(life, "puedes tutearme")
    assert await life.said() == [USTED[Say.ADDRESSED], SPANISH[Say.ADDRESSED]]
    assert (await life.person()).speech == "es-CO"
    assert not await life.rows.read(messages.unanswered)


async def test_whoever_is_usted_is_told_everything_so(life: Life, autojump_clock: MockClock) -> None:
    await says(life, "de usted, por favor")
    await life.does(checkins.begin, "evening", day=DAY)
    await life.does(checkins.begin, "weekly", day=DAY)
    _done, evening, week = await life.said()
    assert (evening, week) == (USTED[Say.CHECKIN_EVENING_FREE], USTED[Say.WEEK_SESSIONS])


async def test_the_model_reads_it_in_the_first_fact(life: Life, autojump_clock: MockClock) -> None:
    async def first() -> str:
        def read(scope: Scope) -> str:
            return context.read_moment(scope, people.load(scope), [], now=life.now).facts[0]

        return await life.rows.read(read)

    assert "usted" not in await first()
    await life.rows.write(people.set_address, "usted")
    assert "locale es-CO (say usted)," in await first()
    await life.rows.write(people.set_locale, "en-US")
    assert "usted" not in await first()


async def test_english_stays_english_whatever_the_address(life: Life, autojump_clock: MockClock) -> None:
    await life.rows.write(people.set_locale, "en-US")
    await says(life, "use usted with me")
    assert (await life.person()).address == "usted"
    assert await life.said() == [say(Say.ADDRESSED, "en")]
