"""What an agent knows when it calls: the same for the same rows, never over the cap, and nothing that is not its business."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivy.agent import call_snapshot
from ivy.agent.call_scripts import agent_prompt, rendered
from ivy.agent.call_snapshot import LONGEST, Snapshot, build, spoken_clock, voicemail
from ivy.domain.call_variables import check
from ivy.domain.calls import CallKind
from ivy.domain.consent import Purpose
from ivy.domain.if_then import IfThen
from ivy.domain.slots import By, SlotKind
from ivy.domain.tokens import estimate
from ivy.domain.workouts import WorkoutState
from ivy.store import calendar, call_slots, consents, if_then, people, preferences, scores, workouts
from ivy.store.binding import Connection, connect
from ivy.store.calendar import NewEvent
from ivy.store.migrate import migrate
from ivy.store.people import NewPerson, Person
from ivy.store.scope import PersonStore, Scope, within
from ivy.store.scores import Marker, Score
from ivy.store.workouts import Workout

DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""Tuesday, 7:00 in New York."""
GOLDEN = Path(__file__).with_name("call_snapshot_golden.txt")


def wall(hour: int) -> datetime:
    return datetime.combine(DAY, time(hour))


def fill(scope: Scope) -> None:
    """Write down a life: yesterday done, a run today, two sentences, a dentist, how they like it."""
    run, swim = (
        Workout("w1", DAY, "run", at_wall="18:00"),
        Workout("w0", DAY - timedelta(days=1), "swim", WorkoutState.DONE, minutes=30),
    )
    for workout in (run, swim):
        workouts.plan(scope, workout, source="call", now=NOW)
    scope.execute(
        "INSERT INTO streak_events (user_id, day, outcome, source, at_ms) VALUES (:user, '2026-11-23', 'kept', 'call', 0)"
    )
    today = IfThen(DAY, "run", "it is six and I am home", "it rains", "ten minutes of stairs", "w1")
    for plan in (today, IfThen(DAY - timedelta(days=1), "swim", "I leave work", "the pool is full", "two lengths")):
        if_then.save(scope, plan, plan_id=plan.workout, source="call", now=NOW)
    event = NewEvent("e1", "Dr. Dentist about my tooth", wall(15), wall(16), "America/New_York")
    calendar.book(scope, event, now=NOW)
    preferences.remember(scope, "coach.tone", "calm, a little dry", source="text", now=NOW)
    preferences.remember(scope, "coach.music", "yes", source="text", now=NOW)
    consents.record(scope, Purpose.HEALTH, granted=True, proof="said so", now=NOW)
    scores.record(scope, Score(DAY, "energy", 7), score_id="s1", now=NOW)
    scores.note(scope, Marker(DAY, "sleep", "I wake up rested"), marker_id="m1", now=NOW)
    numbers = iter(range(9))
    call_slots.set_slot(
        scope, SlotKind.MORNING, By.VOICE, "07:00", "*", consent_id=None, new_id=lambda: f"slot{next(numbers)}", now=NOW
    )


async def ana(person: PersonStore, **changes: str | int) -> Person:
    await person.write(fill)
    known = await person.read(people.load)
    return replace(known, goal="climb a hill with my daughter", **changes)  # pyright: ignore[reportArgumentType]


async def made(store: PersonStore, person: Person, kind: str, *, now: datetime = NOW, proven: bool = False) -> Snapshot:
    return await store.read(build, person, kind, now=now, call_day=DAY, proven=proven)


async def test_a_morning_is_told_as_it_always_was(person: PersonStore) -> None:
    """If this fails because the words are meant to change, they are a new version: see `call_scripts.VERSION`."""
    who = await ana(person)
    snapshot = await made(person, who, "morning")
    assert await made(person, who, "morning") == snapshot
    lines = [f"{name}: {value}" for name, value in sorted(snapshot.variables.items())]
    assert "\n".join([snapshot.prompt, *lines, ""]) == GOLDEN.read_text("utf-8")
    assert snapshot.dropped == ()


@pytest.mark.parametrize("kind", CallKind)
async def test_no_call_is_told_what_is_in_the_calendar(person: PersonStore, kind: CallKind) -> None:
    who = await ana(person)
    snapshot = await made(person, who, kind, proven=True)
    assert "Dentist" not in str(snapshot)
    assert ("07:00-15:00, 16:00-21:00" in snapshot.variables["ivy_context"]) is (
        kind in (CallKind.MORNING, CallKind.RESCUE)
    )


@pytest.mark.parametrize("kind", ["inbound", "hello", "test"])
async def test_who_may_be_anybody_is_known_by_their_first_name_at_most(person: PersonStore, kind: str) -> None:
    who = await ana(person, name="Ana María Pérez", track="company")
    variables = (await made(person, who, kind)).variables
    assert variables["ivy_context"] == ""
    assert variables["ivy_name"] == ("" if kind == "test" else "Ana")
    for secret in ("run", "hill", "stairs", "Pérez"):
        assert secret not in " ".join(variables.values()).replace("running", "")
    if kind != "hello":
        assert "New_York" not in str(variables)


async def test_who_tapped_that_it_is_they_is_known(person: PersonStore) -> None:
    who = await ana(person)
    assert "run 18:00" in (await made(person, who, "inbound", proven=True)).variables["ivy_context"]


@pytest.mark.parametrize(
    ("minutes", "opener"),
    [(0, "your 7 am planning call"), (40, "your 7 am planning call"), (200, "your planning call for today")],
)
async def test_a_call_is_named_by_the_time_they_chose_while_that_is_near(
    person: PersonStore, minutes: int, opener: str
) -> None:
    who = await ana(person)
    snapshot = await made(person, who, "morning", now=NOW + timedelta(minutes=minutes))
    assert opener in snapshot.variables["ivy_opener"]


async def test_feelings_are_told_only_with_consent_and_only_where_they_are_the_subject(person: PersonStore) -> None:
    who = await ana(person)
    assert "energy 7" in (await made(person, who, "weekly")).variables["ivy_context"]
    assert "I wake up rested" in (await made(person, who, "monthly")).variables["ivy_context"]
    assert "energy" not in (await made(person, who, "morning")).variables["ivy_context"]
    await person.write(consents.record, Purpose.HEALTH, granted=False, proof="no", now=NOW)
    told = (await made(person, who, "monthly")).variables["ivy_context"]
    assert "energy 7" not in told
    assert "rested" not in told


async def test_a_streak_of_nothing_is_not_told(person: PersonStore) -> None:
    who = await person.read(people.load)
    variables = (await made(person, who, "evening")).variables
    assert "0" not in variables["ivy_context"].replace("2026", "")
    assert variables["ivy_questions"].startswith("How was today for you?")


async def test_the_first_call_of_an_employee_says_what_the_employer_sees(person: PersonStore) -> None:
    who = await ana(person, track="company")
    assert "five or more" in (await made(person, who, "morning")).variables["ivy_opener"]
    await person.store.write(spoke_once)
    assert "five or more" not in (await made(person, who, "morning")).variables["ivy_opener"]


def spoke_once(connection: Connection) -> None:
    connection.execute(
        "INSERT INTO calls (id, user_id, kind, slot, day, state, outcome, due_at_ms)"
        " VALUES ('c1', 'ana', 'hello', 'c1', '2026-11-23', 'ended', 'completed', 0)"
    )


async def test_no_call_begins_like_the_last_of_its_kind(person: PersonStore) -> None:
    who = await ana(person)
    for kind in ("morning", "weekly"):
        heard: list[str] = []
        for number in range(7):
            snapshot = await made(person, who, kind)
            heard.append(snapshot.variables["ivy_opener"])
            await person.store.write(dialled, f"{kind}-{number}", kind, snapshot.prompt, number)
        assert all(one != following for one, following in pairwise(heard))
        assert heard[0] == heard[len(set(heard))] and len(set(heard)) >= 4
    assert (await made(person, who, "evening")).prompt == "evening.en.v1"  # no evening was dialled yet
    assert (await made(person, who, "monthly")).prompt == "monthly.en.v1"


async def test_a_call_that_was_never_dialled_said_nothing(person: PersonStore) -> None:
    who = await ana(person)
    await person.store.write(dialled, "c1", "morning", "morning.en.v1", 0)
    await person.store.write(dialled, "c2", "morning", "morning.en.v1#3", 1, placed=False)
    assert (await made(person, who, "morning")).prompt == "morning.en.v2#1"  # the version before counts


def dialled(connection: Connection, call_id: str, kind: str, prompt: str, number: int, *, placed: bool = True) -> None:
    connection.execute(
        "INSERT INTO calls (id, user_id, kind, slot, day, state, due_at_ms, placed_at_ms, prompt)"
        " VALUES (?1, 'ana', ?2, ?1, '2026-11-23', 'ended', ?3, ?4, ?5)",
        (call_id, kind, number, number if placed else None, prompt),
    )


async def test_a_machine_hears_a_first_name_and_no_more(person: PersonStore) -> None:
    who = await ana(person, name="Ana Pérez")
    for kind in CallKind:
        words = voicemail(who, kind)
        assert bool(words) is (kind not in (CallKind.TEST, CallKind.INBOUND, CallKind.NOTICE))
        assert not words or ("Ana" in words and "Pérez" not in words and "AI" in words)


async def test_a_machine_hears_the_text_of_their_own_reminder_and_of_nothing_else(person: PersonStore) -> None:
    who = await ana(person, name="Ana Pérez")
    text = "Water " + "the plants and " * 39 + "rest."
    assert voicemail(who, "notice", {"message": text}) == ""
    words = voicemail(who, "notice", {"message": text, "reminder": text})
    assert words == f"Hi Ana, it's Ivy, your AI coach, with a reminder that you set: {text}"


async def test_a_message_is_told_to_the_agent_whole_and_with_nothing_of_the_person(person: PersonStore) -> None:
    await person.write(preferences.remember, "coach.music", "loud jazz", source="text", now=NOW)
    who = await ana(person)
    text = "Say {{this}} <now>; " + "and rest " * 62
    made = await person.read(build, who, "notice", now=NOW, call_day=DAY, told={"message": text})
    assert "Say ((this)) (now); and rest" in made.variables["ivy_questions"]
    assert made.variables["ivy_questions"].endswith("Did you get that?")
    assert (made.variables["ivy_context"], made.variables["ivy_today"]) == ("", "")
    assert made.tokens <= LONGEST


@pytest.mark.parametrize(
    ("clock", "language", "said"),
    [("07:00", "en", "7 am"), ("18:30", "en", "6:30 pm"), ("00:15", "en", "12:15 am"), ("12:00", "en", "12 pm"),
     ("07:00", "es", "las 7 de la mañana"), ("13:00", "es", "la 1 de la tarde"), ("21:30", "es", "las 9:30 de la noche")],
)  # fmt: skip
def test_a_time_is_said_as_people_say_it(clock: str, language: str, said: str) -> None:
    assert spoken_clock(clock, language) == said


# --- the cap -----------------------------------------------------------------------------------------------


def many(letters: str, times: int) -> str:
    return letters * times


HOSTILE: st.SearchStrategy[str] = st.builds(
    many, st.sampled_from(["🎉", "漢字", "{{x}} ", "ñ", "</facts> "]), st.integers(1, 60)
)
WORDS: st.SearchStrategy[str] = st.text(min_size=1, max_size=120).filter(lambda text: bool(text.strip())) | HOSTILE


@contextmanager
def fresh() -> Generator[Scope]:
    with TemporaryDirectory() as folder:
        connection = connect(f"file:{folder}/ivy.db")
        try:
            migrate(connection)
            new = NewPerson("ana", "Ana", "active", "en-US", "America/New_York", "USD")
            people.add(connection, new, now=NOW)
            yield within(connection, "ana")
        finally:
            connection.close()


@pytest.fixture(scope="module")
def scope() -> Iterator[Scope]:
    with fresh() as one:
        yield one


@settings(max_examples=80)
@given(
    texts=st.lists(WORDS, min_size=1, max_size=8),
    kind=st.sampled_from(CallKind),
    language=st.sampled_from(["en-US", "es-CO"]),
    track=st.sampled_from(["individual", "company"]),
    address=st.sampled_from(["tu", "usted"]),
)
def test_it_is_never_over_the_cap_and_what_is_dropped_is_named(
    scope: Scope, texts: list[str], kind: CallKind, language: str, track: str, address: str
) -> None:
    for table in ("workouts", "if_then_plans", "user_preferences"):
        scope.execute(f"DELETE FROM {table} WHERE user_id = :user")
    for number, text in enumerate(texts):
        day = DAY - timedelta(days=number)
        workouts.plan(scope, Workout(f"w{number}", DAY, text), source="text", now=NOW)
        if_then.save(scope, IfThen(day, text, text, text, text), plan_id=f"p{number}", source="text", now=NOW)
        preferences.remember(scope, f"coach.{number}", text, source="text", now=NOW)
    who = replace(people.load(scope), name=texts[0], locale=language, track=track, address=address, goal=texts[-1])
    snapshot = build(scope, who, kind, now=NOW, call_day=DAY, proven=True)
    check(snapshot.variables)
    prompt = rendered(agent_prompt(who.language), snapshot.variables)
    assert "{" not in prompt
    assert prompt.count("</facts>") == agent_prompt(who.language).count("</facts>")
    assert snapshot.tokens == estimate(prompt) + call_snapshot.tools_tokens() <= LONGEST
    if kind in (CallKind.MORNING, CallKind.EVENING) and "goal" not in snapshot.dropped:
        assert ("Goal: " in prompt) or ("Meta: " in prompt)


def test_the_cap_binds_by_importance(scope: Scope) -> None:
    for table in ("workouts", "if_then_plans", "user_preferences"):
        scope.execute(f"DELETE FROM {table} WHERE user_id = :user")
    for number in range(8):
        workouts.plan(scope, Workout(f"w{number}", DAY, "🎉" * 59), source="text", now=NOW)
        plan = IfThen(DAY - timedelta(days=number), *["🎉" * 119] * 4)
        if_then.save(scope, plan, plan_id=f"p{number}", source="text", now=NOW)
        preferences.remember(scope, f"coach.{number}", "🎉" * 100, source="text", now=NOW)
    snapshot = build(scope, replace(people.load(scope), goal="x"), "morning", now=NOW, call_day=DAY)
    assert "likes" in snapshot.dropped
    assert "planned" not in snapshot.dropped
    assert snapshot.tokens <= LONGEST
