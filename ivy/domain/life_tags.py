"""What a change in somebody's life is about, by the words they tell it with. May import: plain words.

Tags are those of `life_markers`: sleep, clothes, stairs, mood, relationships, work; what fits none is "other".
"""

from collections.abc import Mapping

from ivy.domain.plain_words import word_set, words_of

WORDS: Mapping[str, frozenset[str]] = {
    "sleep": word_set(
        "sleep sleeping slept sleeps asleep insomnia rested nights waking "
        "sueno duermo dormir durmiendo dormi descansado descansada insomnio despierto despierta madrugo"
    ),
    "clothes": word_set(
        "clothes jeans trousers pants shirt shirts dress belt size sizes fit fits fitting suit "
        "ropa jeans pantalon pantalones camisa camisas camiseta vestido cinturon talla tallas queda quedan falda"
    ),
    "stairs": word_set(
        "stairs stair steps climb climbing upstairs breath breathless walk walking bags carry "
        "escalera escaleras escalones subir subo aire aliento caminar camino bolsas cargar cargo"
    ),
    "mood": word_set(
        "mood happier happy calmer calm stress stressed anxious cheerful patience patient energy confident confidence "
        "animo humor feliz contento contenta tranquilo tranquila calma estres estresado estresada paciencia energia confianza"
    ),
    "relationships": word_set(
        "wife husband partner girlfriend boyfriend kids kid children son daughter family friend friends mother father "
        "esposa esposo pareja novia novio hijos hijo hija ninos familia amigo amigos amiga amigas mama papa madre padre"
    ),
    "work": word_set(
        "work job boss office meeting meetings colleague colleagues focus focused concentrate project "
        "trabajo trabajar jefe jefa oficina reunion reuniones colega colegas concentro concentrarme concentracion proyecto"
    ),
}


def tags_of(text: str) -> tuple[str, ...]:
    """Return what a text speaks of, in the order of WORDS; () if it names none of it."""
    said = set(words_of(text))
    return tuple(tag for tag, words in WORDS.items() if not words.isdisjoint(said))
