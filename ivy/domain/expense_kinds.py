"""Which expenses are meant by "coffee": those that say it, and those that are it by another name.

May import: expenses, memory words, plain words. A sum is only as right as what it counts: a word in another sense does not
count ("coffee table" is furniture), and nearness in meaning decides only about names that nobody here knows ("Juan Valdez").
"""

from collections.abc import Mapping

from ivy.domain.expenses import OTHER, guess_category, search_words, searchable
from ivy.domain.memory_words import stem
from ivy.domain.plain_words import words_of

NEAR_ENOUGH: Mapping[str, float] = {"all-MiniLM-L6-v2-int8": 0.6}
"""The cosine, by model, from which a name that nobody knows counts as what was asked for."""
NEAR_ENOUGH_ELSE = 0.5

_ALIKE = (
    "coffee,coffees,cafe,cafes,flat white,latte,cappuccino,capuchino,espresso,americano,macchiato,cortado,mocha,cold brew,"
    "starbucks,costa,dunkin,juan valdez,tinto,tintos,perico,oma,tostao,cafe con leche,nespresso",
    "taxi,taxis,cab,uber,lyft,didi,cabify,indrive",
    "fuel,gas,gasoline,petrol,diesel,gasolina,tanqueada,tanqueo,combustible",
    "beer,beers,lager,ipa,pint,pints,cerveza,cervezas,pola,polas,birra",
    "alcohol,drinks,wine,beer,cocktail,cocktails,whisky,gin,rum,vino,cerveza,cervezas,pola,polas,trago,tragos,aguardiente,ron",
    "streaming,netflix,spotify,disney,hbo,youtube premium",
    "groceries,grocery,supermarket,mercado,supermercado,aldi,lidl,tesco,exito,carulla,d1,ara",
    "pharmacy,farmacia,drogueria,medicine,medicines,medicina,medicinas,ibuprofen,ibuprofeno,aspirin",
    "haircut,hairdresser,barber,peluqueria,peluquero,barberia,corte de pelo",
    "gym,gimnasio,gym membership,smartfit,bodytech",
    "takeaway,takeout,delivery,domicilio,rappi,uber eats,doordash,grubhub,deliveroo",
)
"""Names of one thing, English and Spanish, brands among them; the first line that has what was asked for counts."""
_GROUPS = [{tuple(map(stem, words_of(name))) for name in line.split(",")} for line in _ALIKE]
_LONGEST = max(len(name) for group in _GROUPS for name in group)


def is_meant(on: str, description: str, cosine: float | None, model: str = "") -> bool:
    """Say whether an expense is one "on" this. `cosine`: how near the two are in meaning by `model`, if anybody knows."""
    if _another_sense(on, description):
        return False
    if says(on, description) or _same_thing(on, description):
        return True
    is_unknown = guess_category(description) == OTHER and not _names(description)
    return is_unknown and cosine is not None and cosine >= NEAR_ENOUGH.get(model, NEAR_ENOUGH_ELSE)


def says(on: str, description: str) -> bool:
    """Say whether a description has the words, or words that begin so."""
    plain = searchable(description)
    return all(f" {word}" in plain for word in search_words(on))


def _another_sense(on: str, description: str) -> bool:
    asked, found = guess_category(on), guess_category(description)
    return asked != found and OTHER not in (asked, found)


def _same_thing(on: str, description: str) -> bool:
    wanted = tuple(map(stem, words_of(on)))
    return any(wanted in group and group & _names(description) for group in _GROUPS)


def _names(description: str) -> set[tuple[str, ...]]:
    """Return the names that a description has; a longer one hides those inside it: "uber eats" is no taxi."""
    words = tuple(map(stem, words_of(description)))
    found: set[tuple[str, ...]] = set()
    taken: set[int] = set()
    for length in range(min(_LONGEST, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            place = set(range(start, start + length))
            if not place & taken and any(words[start : start + length] in group for group in _GROUPS):
                found.add(words[start : start + length])
                taken |= place
    return found
