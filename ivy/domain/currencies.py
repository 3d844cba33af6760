"""What currencies there are, how they are divided, written and called, and where they are used.

May import: the standard library, said. Source of codes and exponents: ISO 4217 list one; of where: `data/currencies.toml`.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from ivy.domain.said import Unclear, language, region, word_set

CODES = word_set(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
    MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
    SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES
    VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"""
)
_UNDIVIDED = word_set("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF")
_THOUSANDTHS = word_set("BHD IQD JOD KWD LYD OMR TND")
NO_CENTS_SAID = _UNDIVIDED | frozenset({"COP", "IDR", "HUF", "IRR", "LBP", "MMK", "TZS", "UZS"})
"""Divided in the books, but nobody writes the cents: three figures after any mark are thousands."""

LIKE_ENGLISH_OR_SPANISH = frozenset({"ALL", "CUP", "LAK", "MAD", "SOS", "TOP", "TRY"})
"""Codes that are also words: they count only in capitals, or when they are the person's own."""

DOLLARS = word_set("USD AUD BBD BMD BND BSD BZD CAD FJD GYD HKD JMD KYD LRD NAD NZD SBD SGD SRD TTD TWD XCD")
PESOS = word_set("ARS CLP COP CUP DOP MXN PHP UYU")
SIGN_USERS = DOLLARS | word_set("ARS CLP COP CUP DOP MXN UYU")


@dataclass(frozen=True)
class Mention:
    """A name or sign of money: the currencies it may mean, and which it means when none is the person's own."""

    codes: frozenset[str]
    otherwise: str = ""


def _only(code: str) -> Mention:
    return Mention(frozenset({code}), code)


_ADJECTIVES = {
    "us american americans americano americanos americana americanas estadounidense estadounidenses": "USD",
    "canadian canadiense canadienses": "CAD",
    "australian aussie australiano australianos": "AUD",
    "kiwi neozelandes neozelandeses": "NZD",
    "colombian colombiano colombianos": "COP",
    "mexican mexicano mexicanos": "MXN",
    "argentine argentinian argentino argentinos": "ARS",
    "chilean chileno chilenos": "CLP",
    "uruguayan uruguayo uruguayos": "UYU",
    "dominican dominicano dominicanos": "DOP",
    "british sterling esterlina esterlinas": "GBP",
    "peruvian peruano peruanos": "PEN",
    "venezuelan venezolano venezolanos": "VES",
    "cuban cubano cubanos": "CUP",
    "philippine filipino filipinos": "PHP",
    "brazilian brasileno brasilenos": "BRL",
    "jamaican jamaicano jamaicanos jamaiquino jamaiquinos": "JMD",
    "swiss suizo suizos": "CHF",
    "swedish sueca suecas": "SEK",
    "norwegian noruega noruegas": "NOK",
    "danish danesa danesas": "DKK",
    "indian india indias": "INR",
    "egyptian egipcia egipcias": "EGP",
}
_NAMES = {
    "dollar dollars dolar dolares": Mention(DOLLARS, "USD"),
    "buck bucks": Mention(DOLLARS | {"ZAR"}, "USD"),
    "peso pesos pesito pesitos": Mention(PESOS),
    "$": Mention(SIGN_USERS),
    "pound pounds libra libras": Mention(frozenset({"GBP", "EGP", "SSP", "LBP", "SYP"}), "GBP"),
    "quid £ p pence": Mention(frozenset({"GBP"}), "GBP"),
    "euro euros eur pavo pavos €": _only("EUR"),
    "us$ u$s u$d usd$ dls dlls": _only("USD"),
    "ca$ c$ cad$": _only("CAD"),
    "a$ au$ aud$": _only("AUD"),
    "nz$ nzd$": _only("NZD"),
    "hk$": _only("HKD"),
    "s$": _only("SGD"),
    "nt$": _only("TWD"),
    "mx$ mxn$ varo varos baro baros": _only("MXN"),
    "co$ cop$": _only("COP"),
    "ar$ ars$ mango mangos": _only("ARS"),
    "cl$ clp$": _only("CLP"),
    "r$ real reais reales": _only("BRL"),
    "s/ sol soles": _only("PEN"),
    "bs bolivar bolivares boliviano bolivianos": Mention(frozenset({"BOB", "VES"})),
    "q quetzal quetzales": _only("GTQ"),
    "guarani guaranies ₲": _only("PYG"),
    "colon colones ₡": _only("CRC"),
    "yen yenes": _only("JPY"),
    "¥": Mention(frozenset({"JPY", "CNY"})),
    "yuan yuanes rmb": _only("CNY"),
    "won ₩": _only("KRW"),
    "rupee rupees rupia rupias rs": Mention(frozenset({"INR", "PKR", "LKR", "NPR", "MUR", "SCR"}), "INR"),
    "₹": _only("INR"),
    "franc francs franco francos fr": Mention(frozenset({"CHF", "XAF", "XOF", "XPF"}), "CHF"),
    "kr krona kronor krone kroner corona coronas": Mention(frozenset({"SEK", "NOK", "DKK", "ISK"})),
    "zł zl zloty zlotys": _only("PLN"),
    "rand rands r": _only("ZAR"),
    "naira nairas ₦": _only("NGN"),
    "shekel shekels ₪": _only("ILS"),
    "₱": _only("PHP"),
    "₽ rouble roubles ruble rubles": _only("RUB"),
    "₺ lira liras": _only("TRY"),
}
MENTIONS: dict[str, Mention] = {
    **{word: _only(code) for words, code in _ADJECTIVES.items() for word in words.split()},
    **{word: mention for words, mention in _NAMES.items() for word in words.split()},
}

_LUCAS = dict.fromkeys(("luca", "lucas"), 1_000)
_PALOS = dict.fromkeys(("palo", "palos"), 1_000_000)
SLANG_SCALES: dict[str, dict[str, int]] = {
    "COP": {**_LUCAS, **_PALOS, "barra": 1_000, "barras": 1_000},
    "ARS": {**_LUCAS, **_PALOS},
    "CLP": {**_LUCAS, **_PALOS},
    "UYU": {**_LUCAS, **_PALOS},
    "PEN": {"luca": 1, "lucas": 1},
}

_SIGNS = {"GBP": "£", "EUR": "€", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "PHP": "₱"}
_FOREIGN_DOLLARS = {
    "USD": "US$", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$", "HKD": "HK$", "TWD": "NT$", "MXN": "MX$",
}  # fmt: skip


def exponent(currency: str) -> int:
    """Return how many figures of the amount in minor units lie behind the mark, by ISO 4217. Raises: Unclear."""
    if currency not in CODES:
        raise Unclear(f'"{currency}" is not a currency. Write its three letters, such as USD, EUR or COP.')
    return 0 if currency in _UNDIVIDED else 3 if currency in _THOUSANDTHS else 2


def of_region(region: str) -> str:
    """Return the currency that people of a region (ISO 3166) count in; "" for one that there is not."""
    return _by_region().get(region.upper(), "")


@lru_cache(maxsize=1)
def _by_region() -> dict[str, str]:
    import tomllib  # seldom needed where a command only starts

    text = resources.files("ivy").joinpath("data", "currencies.toml").read_text(encoding="utf-8")
    regions: dict[str, str] = tomllib.loads(text)["regions"]
    return {region: code for code, used_in in regions.items() for region in used_in.split()}


def sign(currency: str, locale: str) -> str:
    """Return how the people of a locale write a currency: its own sign, another's unmistakable one, or the code."""
    if currency in SIGN_USERS:
        return "$" if of_region(region(locale)) == currency else _FOREIGN_DOLLARS.get(currency, currency)
    return _SIGNS.get(currency, "S/" if currency == "PEN" and region(locale) == "PE" else currency)


_POINT_IN_SPANISH = word_set("MX US PR PE GT SV HN NI PA DO 419")
_COMMA_ELSEWHERE = word_set("de fr it pt nl da sv nb no fi pl cs ru uk tr el id vi ro hu bg hr sk sl ca gl eu")


def marks(locale: str) -> tuple[str, str]:
    """Return the decimal mark and the mark of thousands of a locale."""
    if language(locale) == "es":
        comma = region(locale) not in _POINT_IN_SPANISH
    else:
        tongue = locale.lower()[:2]
        comma = tongue in _COMMA_ELSEWHERE and region(locale) not in {"CH", "LI"}
    return (",", ".") if comma else (".", ",")
