"""Every message and call of simulated days has a whole story: what led to it, when, and what it cost."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import trio
from trio.testing import MockClock

from ivy.cli import week_life
from ivy.cli.same_chance import same_chance
from ivy.cli.week_people import Town
from ivy.emulators import personas
from ivy.store import stories
from ivy.store.binding import Connection
from ivy.store.stories import Story

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
PEOPLE = ("keen", "spanish", "voicemail", "text_only")
FULL = os.environ.get("IVY_FULL") == "1"
HOLES = re.compile(r"\bunknown\b|\bNone\b|\(\)|“”|: *$|: \.|  |\bdo an? \w+ was|^\s*$", re.IGNORECASE)
"""What words look like where something is missing, or is said in the names of tables."""
QUOTED = re.compile(r"“[^”]+”")
"""What people and Ivy said: their words may be any."""
WENT_OUT = (
    "SELECT id, sent_at_ms IS NOT NULL AS went FROM messages_v2 WHERE direction = 'out'"
    " UNION ALL SELECT id, placed_at_ms IS NOT NULL FROM calls WHERE direction = 'out'"
)


def stories_of(connection: Connection, now: datetime) -> list[tuple[Story, bool]]:
    """Return the story of all that went out, or was to, and whether it left."""
    rows = connection.execute(WENT_OUT).fetchall()
    return [(stories.tell(connection, stories.find(connection, row["id"]), now=now), bool(row["went"])) for row in rows]


def gaps(story: Story, *, went: bool) -> list[str]:
    """Return what a story lacks."""
    cause, about = story.cause, story.about.id
    own = [event for event in story.events if event.id == about]
    plain = [QUOTED.sub("“…”", event.words) for event in story.events]
    found = [f"a hole: {' '.join(words.split())}" for words in plain if HOLES.search(words)]
    if cause is None or cause.what == "webhook":
        found.append("no cause")
    elif own and cause.at > max(event.at for event in own):
        found.append("its cause came after it")
    if not own:
        found.append("nothing of itself")
    if went and not any(event.what == "cost" and event.id == about for event in story.events):
        found.append("no cost of its own")
    if went and not story.cost:
        found.append("no cost in all")
    if not (story.person and story.user_id and story.traces and story.ending):
        found.append("no person, trace or end")
    return found


async def see(town: Town, seen: Counter[str]) -> list[str]:
    wrong: list[str] = []
    told: Sequence[tuple[Story, bool]] = await town.world.store.read(stories_of, town.world.clock.now())
    for story, went in told:
        whole = f"{story.about.kind} {story.about.id} of {story.person}"
        wrong += [f"{whole}: {gap}" for gap in gaps(story, went=went)]
        seen[story.about.kind] += 1
        seen[f"because of a {story.cause.what}" if story.cause else "because of nothing"] += 1
    return wrong


def test_everything_that_went_out_has_a_whole_why(tmp_path: Path) -> None:
    users, days = (20, 7) if FULL else (len(PEOPLE), 2)
    who = personas.people(users, 1, only=() if FULL else PEOPLE)
    seen, wrong = Counter[str](), list[str]()

    async def live() -> None:
        async with week_life.lived(who, days, 1, MONDAY, week_life.week_config(), tmp_path) as town:
            wrong.extend(await see(town, seen))

    with same_chance(1):
        trio.run(live, clock=MockClock(autojump_threshold=0))
    assert not wrong, "\n".join(wrong)
    for each in ("message", "call", "because of a message in", "because of a schedule", "because of a call"):
        assert seen[each], each
