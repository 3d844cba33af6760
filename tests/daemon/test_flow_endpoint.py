"""The endpoint that phones ask, with a phone that seals as phones do: days, times, and every way to be turned away."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from ivy.adapters.whatsapp import signature
from ivy.adapters.whatsapp.flow_crypto import FlowKeys, generate_key
from ivy.adapters.whatsapp.flow_json import assets
from ivy.agent.forms import AHEAD, FormQuestion
from ivy.clock import VirtualClock
from ivy.daemon.flow_endpoint import FlowEndpoint
from ivy.domain import actions
from ivy.domain.actions import Bound
from ivy.domain.form_answers import read_answers
from ivy.domain.form_definitions import BOOKING, LIVE_BOOKING
from ivy.emulators.whatsapp_flow_client import FlowClient, FormBroken, FormOver, OpenForm
from ivy.emulators.whatsapp_flow_envelopes import exchange, seal
from ivy.emulators.whatsapp_flows import FlowShelf, ShelvedFlow
from ivy.emulators.whatsapp_payloads import signed
from ivy.store import calendar, people, switches
from ivy.store.binding import Connection
from ivy.store.calendar import NewEvent
from ivy.store.database import Store
from ivy.store.people import NewPerson
from ivy.store.scope import Scope, for_user

APP_SECRET, TOKEN_SECRET = "app-secret", b"token secret"
NOW = datetime(2026, 11, 23, 15, 10, tzinfo=UTC)
"""Monday, 10:10 in Bogotá."""
TUESDAY = "2026-11-24"
PRIVATE, PUBLIC = generate_key()
NEW_PRIVATE, NEW_PUBLIC = generate_key()


def find(connection: Connection, token: str, *, now: datetime) -> FormQuestion | None:
    """Say what a token stands for by its question's row, as the daemon does."""
    named = actions.named(token)
    row = named and connection.execute("SELECT * FROM pending_actions WHERE id = ?", (named.action_id,)).fetchone()
    if not row:
        return None
    expires_at = datetime.fromtimestamp(row["expires_at_ms"] / 1000, UTC)
    if not actions.is_genuine([TOKEN_SECRET], Bound(row["user_id"], row["kind"], row["id"], expires_at), token):
        return None
    state = "done" if row["done_at_ms"] else "expired" if expires_at <= now else "waiting"
    payload = json.loads(row["payload"])
    return FormQuestion(row["user_id"], payload["form"], state, payload["title"])


class World:
    """Ana, her calendar, Ivy's endpoint, and a phone."""

    def __init__(self, store: Store, clock: VirtualClock) -> None:
        self.store, self.clock = store, clock
        self.asked: list[tuple[int, bytes]] = []
        self.shelf = FlowShelf(waba_id="102", phone_number_id="106", app_secret=APP_SECRET, chance=Random(1))
        self.shelf.public_pem = PUBLIC
        for number, asset in enumerate(assets(live=True)):
            live = json.loads(asset.content)
            flow = ShelvedFlow(f"77{number:014d}", asset.title, ["OTHER"], status="PUBLISHED", live=live, draft=live)
            self.shelf.flows[flow.id] = flow
        self.endpoint = self.made(PRIVATE)
        self.phone = FlowClient(self.shelf, app_secret=APP_SECRET, post=self.post, chance=Random(2))

    def made(self, *pems: str) -> FlowEndpoint:
        return FlowEndpoint(
            self.store,
            self.clock,
            keys=FlowKeys.parse("\n".join(pems)),
            verify=partial(verify, secrets=(APP_SECRET,)),
            find=find,
            locale="en-US",
        )

    async def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        status, answer, mime = await self.endpoint.answer(body, {key.lower(): value for key, value in headers.items()})
        assert mime == "text/plain"
        self.asked.append((status, answer))
        return status, answer

    async def switch_off(self) -> None:
        await self.store.write(switches.set_value, "flows", "off", by="test", now=NOW)

    async def question(
        self, *, id: str = "q-1", hours: float = 24, done: bool = False, form: str = LIVE_BOOKING
    ) -> str:
        """Ask Ana something, and return the token of the form."""
        expires_at = self.clock.now() + timedelta(hours=hours)
        expires_ms = int(expires_at.timestamp() * 1000)

        def ask(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO pending_actions (id, user_id, kind, payload, created_at_ms, expires_at_ms, done_at_ms)"
                " VALUES (?, 'ana', 'form', ?, 0, ?, ?)",
                (id, json.dumps({"form": form, "title": "dentist"}), expires_ms, 1 if done else None),
            )

        await self.store.write(ask)
        bound = Bound("ana", "form", id, datetime.fromtimestamp(expires_ms / 1000, UTC))
        return actions.token(TOKEN_SECRET, bound)

    async def open(self, token: str, language: str = "es") -> OpenForm:
        flow = self.shelf.named(f"ivy_booking_live_{language}")
        parameters = {"flow_message_version": "3", "flow_id": flow.id, "flow_cta": "Agendar", "mode": "published"}
        parameters |= {"flow_token": token, "flow_action": "data_exchange"}
        action = {"name": "flow", "parameters": parameters}
        return await self.phone.open({"type": "interactive", "interactive": {"type": "flow", "action": action}})

    async def book(self, title: str, starts: str, ends: str) -> None:
        event = NewEvent(title, title, datetime.fromisoformat(starts), datetime.fromisoformat(ends), "America/Bogota")
        await for_user(self.store, "ana").write(calendar.book, event, now=self.clock.now())

    async def send(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Ask anything as a phone could, without its care."""
        answer = await exchange(self.post, PUBLIC, APP_SECRET, asked, Random(3))
        return answer.status, answer.said


def verify(body: bytes, headers: Any, *, repeated: frozenset[str] = frozenset(), secrets: tuple[str, ...]) -> None:
    signature.verify(body, headers, secrets, repeated)


@pytest.fixture
async def world(store: Store, autojump_clock: MockClock) -> AsyncIterator[World]:
    ana = NewPerson("ana", "Ana", "active", "es-CO", "America/Bogota", "COP")
    await store.write(people.add, ana, now=NOW)
    yield World(store, VirtualClock(NOW))


def ids(form: OpenForm, name: str) -> list[str]:
    return [str(each["id"]) for each in form.options(name)]


# --- the whole way -------------------------------------------------------------------------------------


async def test_a_person_books_what_is_free_and_the_finished_form_reads_as_a_booking(world: World) -> None:
    await world.book("reunión", f"{TUESDAY}T10:00", f"{TUESDAY}T11:00")
    token = await world.question()
    form = await world.open(token)
    assert form.screen == "DAY" and form.answers == {"title": "dentist", "minutes": "60"}
    assert ids(form, "date")[:2] == ["2026-11-23", TUESDAY] and form.options("date")[1]["title"] == "mar 24 nov"
    form.fill(title="odontólogo", date=TUESDAY)
    await world.phone.tap(form)
    assert form.screen == "TIME" and form.data["chosen"] == "mar 24 nov, 60 min"
    assert "09:00" in ids(form, "time") and not {"09:30", "10:00", "10:30"} & set(ids(form, "time"))
    form.fill(time="11:00")
    await world.phone.tap(form)
    assert form.screen == "CONFIRM" and form.data["summary"] == "odontólogo\nmar 24 nov, 11:00, 60 min"
    form.fill(note="llevar radiografía")
    await world.phone.tap(form)
    assert form.finished is not None
    answers = json.loads(form.finished["interactive"]["nfm_reply"]["response_json"])
    read = read_answers(BOOKING, answers, today=date(2026, 11, 23))
    assert answers["flow_token"] == token and read.text("note") == "llevar radiografía"
    assert (read.text("title"), f"{read.day('date')} {read.clock('time')}") == ("odontólogo", f"{TUESDAY} 11:00:00")
    # Nothing is booked before the finished form arrives as a message.
    assert await for_user(world.store, "ana").read(upcoming_titles, NOW) == ["reunión"]


def upcoming_titles(scope: Scope, now: datetime) -> list[str]:
    return [slot.event.title for slot in calendar.upcoming(scope, now)]


async def test_a_time_that_is_taken_meanwhile_is_told_with_fresh_ones(world: World) -> None:
    form = await world.open(await world.question())
    form.fill(date=TUESDAY)
    await world.phone.tap(form)
    form.fill(time="14:00")
    await world.book("llamada", f"{TUESDAY}T14:00", f"{TUESDAY}T15:00")
    await world.phone.tap(form)
    assert form.screen == "TIME" and "se acaba de ocupar" in form.said and "14:00" not in ids(form, "time")
    form.fill(time="15:00")
    await world.phone.tap(form)
    await world.book("otra", f"{TUESDAY}T15:00", f"{TUESDAY}T16:00")
    await world.phone.tap(form)
    assert form.screen == "CONFIRM" and "Un paso atrás" in form.said and form.finished is None
    await world.phone.back(form)
    assert form.screen == "TIME"


async def test_going_back_to_the_days_asks_anew(world: World) -> None:
    form = await world.open(await world.question())
    form.fill(title="dentista", date=TUESDAY)
    await world.phone.tap(form)
    await world.book("viaje", f"{TUESDAY}T00:00", f"{TUESDAY}T23:59")
    await world.phone.back(form)
    assert form.screen == "DAY" and TUESDAY not in ids(form, "date")


async def test_a_day_that_fills_up_is_told_wherever_the_person_is(world: World) -> None:
    form = await world.open(await world.question())
    form.fill(date=TUESDAY)
    await world.book("viaje", f"{TUESDAY}T07:30", f"{TUESDAY}T23:59")
    form.fill(minutes="180")
    await world.phone.tap(form)
    assert form.screen == "DAY" and "no tiene un espacio" in form.said and form.answers["minutes"] == "180"
    form.fill(date="2026-11-25", minutes="30")
    await world.phone.tap(form)
    assert form.screen == "TIME"
    form.fill(time="08:00")
    await world.book("otro viaje", "2026-11-25T00:00", "2026-11-25T23:59")
    await world.phone.tap(form)
    assert form.screen == "TIME" and "Un paso atrás" in form.said and ids(form, "time") == ["none"]
    form.fill(time="none")
    await world.phone.tap(form)
    assert form.screen == "TIME" and form.finished is None


async def test_a_form_without_an_endpoint_goes_to_its_end_on_the_phone_alone(world: World) -> None:
    flow = world.shelf.named("ivy_weekly_checkin_en")
    payload = {"flow_id": flow.id, "flow_token": "t", "flow_action_payload": {"screen": "WEEK"}}
    form = await world.phone.open({"interactive": {"action": {"parameters": payload}}})
    with pytest.raises(FormBroken, match="must be filled in"):
        await world.phone.tap(form)
    form.fill(energy="4", mood="5", confidence="7")
    await world.phone.tap(form)
    assert form.screen == "IN_WORDS"
    await world.phone.back(form)
    await world.phone.tap(form)
    await world.phone.tap(form)
    assert form.finished is not None and world.asked == []
    answers = json.loads(form.finished["interactive"]["nfm_reply"]["response_json"])
    assert answers == {
        "energy": "4", "mood": "5", "confidence": "7", "went_well": "", "obstacle": "", "flow_token": "t",
    }  # fmt: skip


# --- who is turned away, and how -----------------------------------------------------------------------


async def test_a_ping_needs_no_token_and_touches_no_row(world: World) -> None:
    await world.switch_off()
    assert await world.send({"version": "3.0", "action": "ping"}) == (
        200,
        {"version": "3.0", "data": {"status": "active"}},
    )


async def test_a_phones_complaint_is_acknowledged_whatever_its_token(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    data = {"error": "INVALID_SCREEN", "error_message": "no such screen"}
    asked = {"version": "3.0", "action": "INIT", "flow_token": "forged", "data": data}
    assert await world.send(asked) == (200, {"version": "3.0", "data": {"acknowledged": True}})
    assert "INVALID_SCREEN: no such screen" in caplog.text


async def test_what_meta_did_not_sign_is_432_and_is_not_opened(world: World) -> None:
    body = seal(PUBLIC, {"action": "ping"}, Random(1)).body
    forged = signed(body, "another secret")
    for headers in ({}, forged, {"x-hub-signature-256": "sha256=" + "0" * 64}):
        assert (await world.endpoint.answer(body, {k.lower(): v for k, v in headers.items()}))[:2] == (432, b"")
    right = {key.lower(): value for key, value in signed(body, APP_SECRET).items()}
    assert (await world.endpoint.answer(body + b" ", right))[0] == 432
    assert (await world.endpoint.answer(body, right, repeated=frozenset({"x-hub-signature-256"})))[0] == 432
    assert (await world.endpoint.answer(body, right))[0] == 200


async def test_what_is_sealed_with_another_key_is_421_and_the_phone_comes_again(world: World) -> None:
    token = await world.question()
    form = await world.open(token)
    world.endpoint, world.shelf.public_pem = world.made(NEW_PRIVATE), NEW_PUBLIC
    form.fill(date=TUESDAY)
    await world.phone.tap(form)
    assert [status for status, _ in world.asked] == [200, 421, 200] and form.screen == "TIME"


async def test_while_the_key_is_replaced_nobody_is_turned_away(world: World) -> None:
    form = await world.open(await world.question())
    world.endpoint = world.made(NEW_PRIVATE, PRIVATE)
    form.fill(date=TUESDAY)
    await world.phone.tap(form)
    assert [status for status, _ in world.asked] == [200, 200]


async def test_a_form_that_is_over_says_why_in_the_persons_language(world: World) -> None:
    token = await world.question()
    forged = f"{token[:-4]}AAAA"
    done, old = await world.question(id="q-2", done=True), await world.question(id="q-3", hours=-1)
    other = await world.question(id="q-4", form="weekly_checkin")
    for wrong, words in {
        done: "ya se envió",
        old: "venció",
        other: "ya no es válido",
        forged: "not valid any more",
        token.replace("q-1", "q-2"): "not valid any more",
        "": "not valid any more",
        "x" * 100_000: "not valid any more",
        "ivy1..\x00.": "not valid any more",
    }.items():
        with pytest.raises(FormOver, match=words):
            await world.open(wrong)
        assert world.asked[-1][0] == 427


async def test_switched_off_closes_even_a_form_that_is_open(world: World) -> None:
    form = await world.open(await world.question())
    await world.switch_off()
    form.fill(date=TUESDAY)
    with pytest.raises(FormOver, match="desactivados por ahora"):
        await world.phone.tap(form)


async def test_a_person_without_a_free_moment_is_asked_to_write(world: World) -> None:
    await world.book("año sabático", "2026-11-23T00:00", "2027-11-23T00:00")
    with pytest.raises(FormOver, match="en el chat"):
        await world.open(await world.question())


async def test_a_form_left_open_past_its_day_is_over(world: World) -> None:
    asked = {"version": "3.0", "action": "data_exchange", "screen": "CONFIRM", "flow_token": await world.question()}
    data = {"title": "a", "minutes": "60", "date": "2026-11-22", "time": "14:00", "note": ""}
    status, said = await world.send({**asked, "data": data})
    assert status == 427 and "venció" in said["error_msg"]


@pytest.mark.parametrize(
    "asked",
    [
        {"action": 7},
        {"action": "INIT", "flow_token": ["a"]},
        {"action": "data_exchange", "screen": {"a": 1}},
        {"version": 3},
    ],
)
async def test_a_shape_that_nobody_knows_is_a_bad_request(world: World, asked: dict[str, Any]) -> None:
    assert (await world.send(asked))[0] == 400


async def test_hostile_answers_stay_on_the_screen(world: World) -> None:
    token = await world.question()
    asked = {"version": "3.0", "action": "data_exchange", "screen": "DAY", "flow_token": token}
    hostile: list[Any] = [
        None,
        [],
        "x",
        {},
        {"title": 7, "minutes": [], "date": {}},
        {"title": "x" * 500, "date": TUESDAY},
    ]
    for data in hostile:
        status, said = await world.send({**asked, "data": data})
        assert status == 200 and said["screen"] == "DAY" and said["data"]["error_message"]
        assert len(said["data"]["title"]) <= 80 and len(said["data"]["days"]) == AHEAD
    assert (await world.send({**asked, "screen": "NOWHERE", "data": {}}))[1]["screen"] == "DAY"
    assert (await world.send({**asked, "action": "BACK", "screen": None, "data": None}))[1]["screen"] == "DAY"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


async def test_whatever_a_signed_request_holds_it_gets_one_of_the_known_answers(world: World) -> None:
    token = await world.question()
    asked: list[dict[str, Any]] = []

    @settings(max_examples=40, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.fixed_dictionaries(
            {
                "action": st.sampled_from(["INIT", "BACK", "data_exchange", "ping", "NAVIGATE"]) | JSON,
                "screen": st.sampled_from(["DAY", "TIME", "CONFIRM", "SUCCESS"]) | JSON,
                "flow_token": st.sampled_from([token, token, ""]) | JSON,
                "data": st.dictionaries(
                    st.sampled_from(["title", "minutes", "date", "time", "note", "error"]),
                    JSON | st.sampled_from([TUESDAY, "60", "14:00"]),
                )
                | JSON,
            }
        )
    )
    def draw(request: dict[str, Any]) -> None:
        asked.append(request)

    draw()
    for request in asked:
        status, said = await world.send(request)
        assert status in (200, 400, 427)
        assert status == 400 or said
