"""Where somebody may be, from a number, an id, a name or a clock: candidates, never an assumption."""

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import places
from ivy.domain.schedule import to_wall, zone

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("phone", "zones"),
    [
        ("+573001234567", ["America/Bogota"]),
        ("+12025550143", ["America/New_York"]),
        ("+13105551234", ["America/Los_Angeles"]),
        ("+34611234567", ["Europe/Madrid", "Atlantic/Canary"]),
        ("+56912345678", ["America/Santiago", "Pacific/Easter"]),
        ("+5511987654321", ["America/Sao_Paulo"]),
        ("+593991234567", ["America/Guayaquil", "Pacific/Galapagos"]),
    ],
)
def test_a_number_tells_where_it_may_be_from_the_likeliest_first(phone: str, zones: list[str]) -> None:
    assert [place.zone for place in places.places(places.zones_of_phone(phone), NOW, "en-US")] == zones


@pytest.mark.parametrize("phone", ["", "+", "hello", "+999123"])
def test_what_is_no_number_tells_nothing(phone: str) -> None:
    assert places.zones_of_phone(phone) == ()


def test_an_id_without_a_number_still_tells_the_country() -> None:
    assert places.zones_of_id("CO.1234567890123") == ("America/Bogota",)
    assert places.zones_of_id("ES.1")[0] == "Europe/Madrid"
    assert places.zones_of_id("573001234567") == places.zones_of_id("ABC.1") == places.zones_of_id("XX.1") == ()


@pytest.mark.parametrize(
    ("text", "zone_name"),
    [
        ("Madrid", "Europe/Madrid"),
        ("I'm in Madrid now", "Europe/Madrid"),
        ("Estoy en Bogotá ahora", "America/Bogota"),
        ("nueva york", "America/New_York"),
        ("CDMX", "America/Mexico_City"),
        ("medellín", "America/Bogota"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("no, I live in San Francisco", "America/Los_Angeles"),
        ("Colombia", "America/Bogota"),
        ("Reino Unido", "Europe/London"),
    ],
)
def test_a_place_is_known_by_what_people_call_it(text: str, zone_name: str) -> None:
    assert places.zones_named(text)[0] == zone_name


@pytest.mark.parametrize("text", ["", "mars", "the moon", "at 7", "yes", "I spent $7 on coffee"])
def test_what_is_no_place_is_none(text: str) -> None:
    assert places.zones_named(text) == ()


def test_a_country_with_several_clocks_stays_several() -> None:
    assert len(places.places(places.zones_named("United States"), NOW, "en-US")) > 4


@given(st.from_regex("[A-Z]{2}", fullmatch=True))
def test_every_zone_of_a_country_is_one_that_can_be_lived_by(region: str) -> None:
    found = places.zones_of_country(region)
    assert len(set(found)) == len(found)
    assert all(zone(name) for name in found)


@given(st.sampled_from(places.COMMON))
def test_a_clock_finds_its_zone(name: str) -> None:
    wall = to_wall(NOW, name).time()
    assert name in places.zones_at([wall], places.COMMON, NOW)


def test_a_glance_at_a_clock_may_be_minutes_off_and_midnight_is_no_wall() -> None:
    late = datetime(2026, 11, 23, 4, 58, tzinfo=UTC)
    assert places.zones_at([time(0, 3)], ("America/Bogota",), late) == ("America/Bogota",)
    assert places.zones_at([time(0, 15)], ("America/Bogota",), late) == ()


@given(st.lists(st.sampled_from(places.COMMON), unique=True))
def test_places_are_told_apart_by_their_clocks(zones: list[str]) -> None:
    found = places.places(zones, NOW, "es-CO")
    assert len({place.clock for place in found}) == len(found)
    assert {place.zone for place in found} <= set(zones)
    assert all(place.name and "_" not in place.name for place in found)
