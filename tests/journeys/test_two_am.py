"""Two in the morning: WhatsApp was ill for three hours, and one command puts three hundred conversations right.

The night is played once, by the real daemon; each test takes it up from there. Nobody gets two messages, nobody is woken.
"""

import shutil
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import trio
from trio.testing import MockClock

from ivy.cli import replay_plan_view, replaying
from ivy.cli.world import open_world
from ivy.clock import VirtualClock
from ivy.daemon import replay_planning
from ivy.domain.jobs import CALL, REMINDER
from ivy.domain.replay_plan import What
from ivy.domain.routing import For
from ivy.domain.schedule import to_wall
from ivy.domain.windows import window_after
from ivy.emulators.whatsapp_payloads import Person
from ivy.store import jobs, replay_audit, replay_plans, windows
from ivy.store.binding import Connection
from ivy.store.dead_letters import Wanted
from ivy.store.jobs import NewJob
from ivy.store.replay_plans import Plan
from ivy.store.replay_running import Became
from ivy.store.scope import OperatorStore, as_operator
from ivy.threads import InlineThreads
from tests.journeys.play import Play

pytestmark = pytest.mark.uncounted
ZONES = {
    "Europe/Madrid": 38,
    "Europe/Lisbon": 32,
    "America/New_York": 14,
    "America/Bogota": 12,
    "Asia/Tokyo": 10,
    "America/Los_Angeles": 6,
}
BEGINS = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
ILL = BEGINS.replace(minute=10)
WELL = datetime(2026, 11, 24, 1, 50, tzinfo=UTC)
TWO = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
OVERLOADED = 131016
QUIET = ("22:00", "07:00")
OTHERS = 8
"""Who write after the outage only: it is by them that its end is seen."""
APPROVED = frozenset(
    {("answer_ready", "en"), ("answer_ready", "en_US"), ("reminder_due", "en"), ("reminder_due", "en_US")}
)
GOLDEN = Path(__file__).with_name("two_am_golden.txt")


@dataclass(frozen=True)
class Soul:
    """Somebody of that night."""

    phone: str
    zone: str
    number: int


def souls() -> list[Soul]:
    zones = [zone for zone, number in ZONES.items() for _ in range(number)]
    return [Soul(f"+1202555{2000 + number}", zone, number) for number, zone in enumerate(zones)]


SOULS = souls()
STOPS = [each for each in SOULS if each.number % 19 == 4]
CLOSED = [each for each in SOULS if each.number % 11 == 5]
WRITERS = [each for each in SOULS if each.number % 4 == 0]
"""Whose first letter is the answer of a model to what they wrote that night."""
REMINDED = [each for each in SOULS if each.number % 4 == 1]


async def the_night(play: Play) -> None:
    """Everybody writes once while Meta is ill, and Ivy has more to tell most of them; then it is well again."""
    chance = Random(23)
    await let_in(play)
    await play.submits_templates(review=30.0)
    events: list[tuple[datetime, Callable[[], Awaitable[object]]]] = []
    for soul in SOULS:
        wrote = ILL + timedelta(seconds=60 + chance.random() * 9000)
        if soul in WRITERS:
            events.append(
                (wrote, lambda soul=soul: play.says("I spent $5 on lunch", soul.phone, at=_written(play, soul)))
            )
        else:
            events.append((wrote, lambda soul=soul: _wrote_before(play, soul)))
        if soul in REMINDED:
            words = f"⏰ water the plants of {soul.number}"
            at = wrote + timedelta(minutes=2)
            events.append((at, lambda soul=soul, words=words: _reminds(play, soul, words)))
        for number in range(2):
            at = min(wrote + timedelta(minutes=1 + 4 * number), WELL - timedelta(minutes=1))
            words = f"Thing {number} for {soul.number}."
            events.append((at, lambda soul=soul, words=words: play.queues(words, who=soul.phone)))
    events.append((ILL, lambda: ill(play, is_ill=True)))
    events.append((WELL, lambda: ill(play, is_ill=False)))
    events += [(WELL + timedelta(seconds=30), lambda soul=soul: play.says("STOP", soul.phone)) for soul in STOPS]
    for number in range(OTHERS):
        at = WELL + timedelta(minutes=2, seconds=number)
        events.append((at, lambda number=number: play.says("I spent $9 on lunch", other(number))))
    for at, act in sorted(events, key=lambda event: event[0]):
        await trio.sleep(max(0.0, (at - play.now).total_seconds()))
        await act()
    await play.world.store.write(_calls_died, play)
    await trio.sleep((TWO - play.now).total_seconds())


async def _reminds(play: Play, soul: Soul, words: str) -> None:
    await play.queues(words, who=soul.phone, purpose=For.REMINDER, patience=REMINDER.patience)


async def _wrote_before(play: Play, soul: Soul) -> None:
    """Their window is open, or nearly over, by a message that was answered long ago."""
    wrote = _written(play, soul)
    play.whatsapp.person(soul.phone).wrote_at = wrote
    await play.rows_of(soul.phone).write(windows.extend, "whatsapp", window_after(wrote))


async def let_in(play: Play) -> None:
    for soul in SOULS:
        await play.knows(soul.phone, name=f"Soul {soul.number}", zone=soul.zone)
    for number in range(OTHERS):
        await play.knows(other(number), name=f"Other {number}", zone="Asia/Tokyo")
    await play.world.store.write(_habits)


def _habits(connection: Connection) -> None:
    """They sleep from ten to seven, and Meta has approved what says that an answer waits."""
    connection.execute("UPDATE users SET quiet_from = ?, quiet_to = ?", QUIET)


def _written(play: Play, soul: Soul) -> datetime:
    """What some wrote was on its way for a day: their window is nearly over."""
    return play.now - timedelta(hours=22, minutes=40) if soul in CLOSED else play.now


async def ill(play: Play, *, is_ill: bool) -> None:
    play.whatsapp.manners.trouble = OVERLOADED if is_ill else None


def other(number: int) -> str:
    return f"+1202555{4000 + number}"


def _calls_died(connection: Connection, play: Play) -> None:
    """Four calls were given up on: their provider was away, too."""
    for soul in SOULS[:4]:
        new = NewJob(
            id=play.world.daemon.context.new_id(),
            kind=CALL,
            key=f"call:two-am:{soul.number}",
            due_at=play.now - timedelta(hours=1),
            payload={"call": "gone"},
            user_id=play.ids[soul.phone],
        )
        reason, error = "retell: no line was free", "ivy.errors.VendorRefused@ivy.daemon.handlers.call:handle"
        jobs.bury_at_once(connection, new, reason=reason, error=error, now=play.now)


@dataclass
class Night:
    """What is left of the night at two o'clock: the file, and who lives on in Meta's world."""

    database: Path
    people: list[Person]
    ids: dict[str, str]
    lives: int = 1


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Night:
    """Play the night, once."""
    folder = tmp_path_factory.mktemp("two-am")

    async def play_it() -> Night:
        ids: dict[str, str] = {}
        start = Night(migrated, [], ids, lives=0)
        async with world_at(start, folder, BEGINS) as play:
            await the_night(play)
        return Night(folder / "data" / "ivy.db", start.people, ids)

    return trio.run(play_it, clock=MockClock(autojump_threshold=0))


@asynccontextmanager
async def world_at(night: Night, folder: Path, at: datetime) -> AsyncGenerator[Play]:
    """Run a daemon from an instant on, on what is in the folder, else on a copy of the night; it is cut off at the end."""
    (folder / "data").mkdir(mode=0o700, exist_ok=True)
    if not (folder / "data" / "ivy.db").exists():
        shutil.copy(night.database, folder / "data" / "ivy.db")
    async with open_world(folder, clock=VirtualClock(at), threads=InlineThreads(), seed=night.lives + 1) as world:
        whatsapp = world.vendors.whatsapp
        whatsapp.manners.templates = APPROVED if night.lives else None
        for known in night.people:
            whatsapp.person(known.phone or known.bsuid).wrote_at = known.wrote_at
        for _number in range(3000 * night.lives):  # the vendor's ids go on where the last life left them
            whatsapp.wamid("burnt")
        night.lives += 1
        try:
            yield Play(world, night.ids)
        finally:
            night.people = [whatsapp.person(phone) for phone in night.ids]


# --- the operator ----------------------------------------------------------------------------------


async def operator_of(play: Play) -> OperatorStore:
    return await as_operator(
        play.world.store, actor="sam", reason="Meta is back", action="replay-dlq", at_ms=play.now_ms
    )


async def draft(play: Play) -> Plan:
    """Make and keep a plan; a command has longer for that than a reader of the daemon's."""
    operator, context = await operator_of(play), play.world.daemon.context
    plan_id = context.new_id()
    plan = await operator.write(replay_planning.make, Wanted(), context, plan_id=plan_id, rate=2.0)
    await operator.write(replay_plans.keep_draft, plan)
    return await operator.read(replay_plans.load, plan_id)


async def begin(play: Play, plan: Plan) -> Plan:
    return await replaying.begin(await operator_of(play), plan, play.world.clock, reason="Meta is back")


async def follow(play: Play, plan: Plan) -> tuple[Plan, Became]:
    return await replaying.follow(await operator_of(play), plan.id)


# --- what people got -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Got:
    """A message that somebody got after two o'clock."""

    phone: str
    at: datetime
    text: str


def got(play: Play) -> list[Got]:
    return [Got(each.person.phone, each.at, each.text) for each in play.whatsapp.sent if each.type != "reaction"]


def check_people(messages: list[Got], plan: Plan, ids: dict[str, str]) -> None:
    """Nobody got two messages, nobody was woken, and nobody who said stop got any."""
    assert max(Counter(each.phone for each in messages).values()) == 1
    zones = {soul.phone: soul.zone for soul in SOULS}
    assert all(7 <= to_wall(each.at, zones[each.phone]).hour < 22 for each in messages)
    assert not {each.phone for each in messages} & {soul.phone for soul in STOPS}
    of_id = {user: phone for phone, user in ids.items()}
    expected = {of_id[line.user_id] for line in plan.going if line.user_id is not None and line.what is not What.HELD}
    assert {each.phone for each in messages} == expected


async def check_audited(play: Play, plan: Plan) -> None:
    """Each line is in the audit log once, with who and why."""
    operator = await operator_of(play)

    def rows(connection: Connection) -> list[str]:
        found = connection.execute(
            "SELECT named.value AS id FROM audit_log a, json_each(a.details, '$.ids') named WHERE actor = 'sam'"
            " AND reason = 'Meta is back' AND json_extract(a.details, '$.plan') = ? AND a.action IN (?, ?, ?)",
            (plan.id, *replay_audit.ACTIONS),
        )
        return sorted(row["id"] for row in found)

    assert await operator.read(rows) == sorted(line.job_id for line in plan.lines)


# --- the tests -------------------------------------------------------------------------------------


async def test_the_plan_thinks_in_people(
    night: Night, tmp_path: Path, autojump_clock: MockClock, capsys: pytest.CaptureFixture[str]
) -> None:
    async with world_at(night, tmp_path, TWO) as play:
        plan = await draft(play)
        replay_plan_view.show(plan, daemon=True)
    shown = capsys.readouterr().out.replace(plan.id, "PLAN")
    assert shown == GOLDEN.read_text()
    assert (len(plan.lines) > 250, plan.people) == (True, len(SOULS))


async def test_one_command_puts_it_right_and_a_second_does_nothing(
    night: Night, tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with world_at(night, tmp_path, TWO) as play:
        plan = await begin(play, await draft(play))
        done, became = await follow(play, plan)
        assert (done.state, became.skipped, became.left, became.dead_again) == ("done", (), 0, 0)
        at_once = got(play)
        again, same = await follow(play, await begin(play, plan))
        assert (again.state, same) == ("done", became)
        assert not (await draft(play)).going
        await play.until(TWO.replace(hour=8))
        check_people(got(play), plan, play.ids)
        assert len(got(play)) > len(at_once) > 20
        lost = await _not_said(play, plan, got(play))
        assert lost == []
        assert not (await draft(play)).going
        await check_audited(play, plan)


async def _not_said(play: Play, plan: Plan, messages: list[Got]) -> list[str]:
    """Return the texts of letters that went back to work and were in nothing that their person got."""
    texts: dict[str, str] = {}
    for message in messages:
        texts[play.ids[message.phone]] = message.text
    lost: list[str] = []
    for line in plan.going:
        if line.what is not What.NOW and line.what is not What.LATER:
            continue
        body = await play.one(
            "SELECT body FROM messages_v2 WHERE id = (SELECT json_extract(payload, '$.message') FROM jobs WHERE id = ?)",
            line.job_id,
        )
        if body not in texts.get(str(line.user_id), ""):
            lost.append(body)
    return lost


@pytest.mark.every
@pytest.mark.parametrize("seconds", [0.3, 5.5])
async def test_a_daemon_that_dies_in_the_middle_goes_on_where_it_was(
    night: Night, tmp_path: Path, autojump_clock: MockClock, seconds: float
) -> None:
    async with world_at(night, tmp_path, TWO) as play:
        plan = await begin(play, await draft(play))
        with trio.move_on_after(seconds):  # the terminal is closed, and a moment later the daemon is cut off
            await follow(play, plan)
        first = got(play)
        stopped_at = play.now
    async with world_at(night, tmp_path, stopped_at + timedelta(minutes=1)) as play:
        done, became = await follow(play, plan)
        assert (done.state, became.left) == ("done", 0)
        await play.until(TWO.replace(hour=8))
        check_people([*first, *got(play)], plan, play.ids)
        await check_audited(play, plan)


async def test_a_plan_that_is_stopped_leaves_the_rest_as_it_was(
    night: Night, tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with world_at(night, tmp_path, TWO) as play:
        plan = await begin(play, await draft(play))
        play.whatsapp.fail(131026, "He is gone.")
        stopped, became = await follow(play, plan)
        assert stopped.state == "stopped" and "131026" in stopped.stopped_by
        assert became.dead_again == 1 and became.left > 200
        await play.quiet(60)
        assert len([each for each in got(play) if each.text]) == 1
