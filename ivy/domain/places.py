"""Where somebody may be: the zones of a number, a country, a city, or of what a clock shows. May import: phones, the rules of time.

Nothing is assumed: what comes out are candidates, in the order in which people live there, to be asked about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from importlib import resources

import phonenumbers

from ivy.domain.phones import region_of
from ivy.domain.plain_words import words_of
from ivy.domain.schedule import to_wall
from ivy.domain.when import describe_clock

MOST_PLACES = 9
"""As many as a list shows beside "another"."""
CLOCKS_DIFFER = timedelta(minutes=10)
_FIRST = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "RU": "Europe/Moscow",
    "MN": "Asia/Ulaanbaatar", "CD": "Africa/Kinshasa", "KZ": "Asia/Almaty",
}  # fmt: skip
"""Where most people of a country live, if the table of zones begins elsewhere."""
COMMON = (
    "America/Los_Angeles", "America/Denver", "America/Mexico_City", "America/Bogota", "America/New_York",
    "America/Santiago", "America/Argentina/Buenos_Aires", "Europe/London", "Europe/Madrid",
)  # fmt: skip
"""Shown to somebody of whom nothing is known."""
_CITIES = {
    "America/Bogota": "medellin,cali,barranquilla,cartagena,bucaramanga,pereira,manizales,santa marta,cucuta",
    "America/Mexico_City": "cdmx,df,mexico df,ciudad de mexico,guadalajara,puebla,queretaro,leon,toluca",
    "America/Argentina/Buenos_Aires": "la plata,rosario,mar del plata,caba",
    "America/Santiago": "valparaiso,vina del mar,concepcion,santiago de chile",
    "America/Lima": "arequipa,trujillo,cusco,cuzco",
    "America/Guayaquil": "quito,cuenca",
    "America/Sao_Paulo": "rio,rio de janeiro,brasilia,curitiba,belo horizonte,porto alegre",
    "Europe/Madrid": "barcelona,sevilla,seville,malaga,bilbao,zaragoza,valencia espana",
    "Atlantic/Canary": "canarias,islas canarias,tenerife,gran canaria,las palmas,canary islands",
    "America/New_York": "nueva york,nyc,ny,boston,miami,washington,washington dc,atlanta,philadelphia,orlando,charlotte",
    "America/Chicago": "dallas,houston,austin,san antonio,minneapolis,st louis,new orleans,nashville,milwaukee",
    "America/Denver": "salt lake city,albuquerque,colorado springs",
    "America/Los_Angeles": "la,san francisco,sf,san diego,seattle,portland,las vegas,los angeles,san jose california",
    "America/Toronto": "montreal,ottawa,quebec",
    "Europe/London": "londres,manchester,birmingham,edinburgh,edimburgo,glasgow,liverpool,leeds,bristol",
    "Europe/Berlin": "munich,hamburg,frankfurt,cologne,berlin,alemania",
    "Europe/Rome": "roma,milan,milano,napoles,naples,turin",
    "Europe/Paris": "lyon,marseille,marsella,francia",
    "Europe/Lisbon": "lisboa,porto,oporto",
    "Asia/Kolkata": "mumbai,delhi,new delhi,bangalore,bengaluru,chennai,hyderabad,pune",
    "Asia/Shanghai": "beijing,pekin,shenzhen,guangzhou",
    "Asia/Tokyo": "osaka,kyoto,tokio,japon",
    "Australia/Sydney": "canberra,sidney",
}
_COUNTRIES = {
    "ES": "espana", "US": "usa,us,estados unidos,eeuu,united states", "GB": "uk,england,inglaterra,reino unido,great britain",
    "MX": "mexico", "BR": "brasil", "PE": "peru", "DO": "republica dominicana", "DE": "alemania", "FR": "francia", "IT": "italia",
    "CA": "canada", "PA": "panama",
}  # fmt: skip
_LEADS = (
    "no ", "yes ", "si ", "i am in ", "im in ", "i live in ", "i moved to ", "in ", "estoy en ", "vivo en ", "me mude a ", "en ",
    "from ", "soy de ", "de ", "the ", "el ", "la hora de ",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A zone, and how it is told from others: by what its clocks show now."""

    zone: str
    clock: str

    @property
    def name(self) -> str:
        """Return the city that stands for the zone."""
        return self.zone.rpartition("/")[2].replace("_", " ")


def zones_of_country(region: str) -> tuple[str, ...]:
    """Return the zones of a country (ISO), the likeliest first; none if there is no such country."""
    found = _by_country().get(region.upper(), ())
    first = _FIRST.get(region.upper())
    return (first, *(zone for zone in found if zone != first)) if first in found else found


def zones_of_phone(phone: str) -> tuple[str, ...]:
    """Return where a number (E.164) may be from, the likeliest first; none if it tells nothing."""
    from phonenumbers import timezone  # slow to load, and seldom needed

    try:
        found = timezone.time_zones_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return ()
    known = zones_of_country(region_of(phone))
    return tuple(zone for zone in known if zone in found) or known


def zones_of_id(external_id: str) -> tuple[str, ...]:
    """Return the zones of an id that begins with a country, as WhatsApp's ids of people without a number do ("CO.123")."""
    region, dot, _ = external_id.partition(".")
    return zones_of_country(region) if dot and len(region) == 2 else ()


def zones_named(text: str) -> tuple[str, ...]:
    """Return the zones of a city or a country that somebody names, or of an IANA name; none if nothing like it is there."""
    said = " ".join(words_of(text.replace("_", " ").replace("/", " ")))
    for lead in _LEADS:
        said = said.removeprefix(lead)
    for end in (" now", " right now", " ahora", " ahora mismo", " time", " at the moment", " de momento"):
        said = said.removesuffix(end)
    return _names().get(said, ())


def country_of(zone: str) -> str:
    """Return the country (ISO) of a zone, by an older name of it too; "" for one of no country, such as UTC."""
    found = _of_country()
    return found.get(zone) or (found.get(_older_names().get(zone, ""), "") if "/" in zone else "")


def places(zones: Sequence[str], now: datetime, locale: str) -> list[Place]:
    """Return one place for each time that clocks show in these zones now, in their order."""
    found: dict[datetime, Place] = {}
    for zone in zones:
        wall = to_wall(now, zone).replace(second=0, microsecond=0)
        found.setdefault(wall, Place(zone, describe_clock(wall.time(), locale)))
    return list(found.values())


def zones_at(clocks: Sequence[time], zones: Sequence[str], now: datetime) -> tuple[str, ...]:
    """Return the zones whose clocks show one of these times now, give or take what a glance at a clock may miss."""
    return tuple(
        zone for zone in zones if any(_apart(to_wall(now, zone).time(), clock) <= CLOCKS_DIFFER for clock in clocks)
    )


def _apart(one: time, other: time) -> timedelta:
    seconds = abs((one.hour - other.hour) * 3600 + (one.minute - other.minute) * 60)
    return timedelta(seconds=min(seconds, 86400 - seconds))


@lru_cache(maxsize=1)
def _by_country() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in _lines("zone.tab"):
        region, _place, zone, *_ = line.split("\t")
        found.setdefault(region, []).append(zone)
    return {region: tuple(zones) for region, zones in found.items()}


@lru_cache(maxsize=1)
def _of_country() -> dict[str, str]:
    return {zone: region for region, zones in _by_country().items() for zone in zones}


@lru_cache(maxsize=1)
def _older_names() -> dict[str, str]:
    """Return today's name of a zone by those it had before: Asia/Kolkata by Asia/Calcutta."""
    links = (line.split(" ") for line in _lines("tzdata.zi") if line.startswith("L "))
    return {older: today for _mark, today, older in links}


@lru_cache(maxsize=1)
def _names() -> dict[str, tuple[str, ...]]:
    """Return zones by what people call the place; a city wins over a country of its name."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _lines("iso3166.tab"):
        region, name = line.split("\t")
        found[" ".join(words_of(name))] = zones_of_country(region)
    for region, names in _COUNTRIES.items():
        found |= dict.fromkeys(names.split(","), zones_of_country(region))
    for zone in (zone for zones in _by_country().values() for zone in zones):
        city = " ".join(words_of(zone.rpartition("/")[2].replace("_", " ")))
        found |= {city: (zone,), " ".join(words_of(zone.replace("_", " ").replace("/", " "))): (zone,)}
    for zone, names in _CITIES.items():
        found |= dict.fromkeys(names.split(","), (zone,))
    return found


def _lines(table: str) -> list[str]:
    """Return the rows of a table of the `tzdata` package."""
    text = resources.files("tzdata.zoneinfo").joinpath(table).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
