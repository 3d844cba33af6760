"""Stories of what is no message and no turn: each is found by its id, and tells whose it is and why it is there."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivy.errors import UsageError
from ivy.store import stories
from ivy.store.binding import Connection
from ivy.store.settings import open_writer
from ivy.store.stories import Story

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROWS = """
INSERT INTO users (id, name, status, locale, zone, currency, phone, created_at_ms)
    VALUES ('ana', 'Ana', 'active', 'en-US', 'America/New_York', 'USD', '+12025550101', 1);
INSERT INTO messages_v2 (id, user_id, channel, direction, body, state, at_ms, state_at_ms, trace_id)
    VALUES ('in-00001', 'ana', 'whatsapp', 'in', 'Ran!', 'received', 1000, 1000, 'trace-tap'),
           ('in-00002', 'ana', 'whatsapp', 'in', 'I cannot go on', 'received', 9000, 9000, 'trace-care');
INSERT INTO messages_v2 (id, user_id, channel, direction, body, state, at_ms, state_at_ms, trace_id, action_id)
    VALUES ('out-0001', 'ana', 'whatsapp', 'out', 'Call you at 7?', 'sent', 5000, 5000, 'trace-ask', 'question-1');
INSERT INTO pending_actions (id, user_id, kind, payload, options, created_at_ms, expires_at_ms)
    VALUES ('question-1', 'ana', 'preference', '{}', '[["yes", "Yes"], ["no", "No"]]', 5000, 99000);
INSERT INTO workouts (id, user_id, day, kind, state, planned, minutes, source, created_at_ms, changed_at_ms)
    VALUES ('workout-1', 'ana', '2026-11-23', 'run', 'done', 1, 30, 'button', 1, 1000);
INSERT INTO streak_events (user_id, day, outcome, workout_id, source, at_ms)
    VALUES ('ana', '2026-11-21', 'kept', NULL, 'text', 1), ('ana', '2026-11-22', 'kept', NULL, 'text', 2),
           ('ana', '2026-11-23', 'kept', 'workout-1', 'button', 1000);
INSERT INTO impact_wallets (user_id, charity, amount_minor, currency, daily_cap_minor, monthly_cap_minor, changed_at_ms)
    VALUES ('ana', 'water', 200, 'USD', 400, 8000, 1);
INSERT INTO donations (n, id, user_id, kind, workout_id, reverses, day, charity, amount_minor, currency, payer, at_ms, before, hash)
    VALUES (1, 'gift-0001', 'ana', 'gift', 'workout-1', NULL, '2026-11-23', 'water', 200, 'USD', 'self', 1000, '', 'a'),
           (2, 'gift-0002', 'ana', 'reversal', 'workout-1', 'gift-0001', '2026-11-23', 'water', -200, 'USD', 'self', 2000,
            'a', 'b');
INSERT INTO expenses (id, user_id, amount_minor, currency, description, plain, category, day, created_at_ms, deleted_at_ms)
    VALUES ('expense-1', 'ana', 5000, 'USD', 'lunch', ' lunch ', 'food', '2026-11-23', 7000, 8000);
INSERT INTO reviews (id, user_id, kind, source, ref, words, opened_at_ms, closed_at_ms, closed_by, note)
    VALUES ('review-01', 'ana', 'self_harm', 'chat', 'in-00002', 'I cannot go on', 9000, 9500, 'eve', 'called her');
INSERT INTO alerts (id, key, severity, title, advice, first_at_ms, last_at_ms, count)
    VALUES (12, 'model:money', 'critical', 'No money at anthropic.', 'Top it up.', 100, 300, 2);
"""
TOLD = {
    "gift-0001": ["Ana", "A gift of $2.00 to water was pledged, paid by self, for the workout “run” of 2026-11-23"
                  " (done, 30 min), by their own word by a tap. The streak went from 2 to 3.",
                  "With it $2.00 of at most $4.00 were given on 2026-11-23, and $2.00 of $80.00 in that month."],
    "gift-0002": ["Ana", "$2.00 to water were taken back (gift gift-0001)"],
    "workout-1": ["Ana", "The workout “run” of 2026-11-23 is done, by a tap.", "A gift of $2.00"],
    "expense-1": ["Ana", "$50.00 for lunch (food) stands as spent on 2026-11-23.", "The expense was taken back."],
    "question-1": ["Ana", "Ivy asked something (preference): Yes, No.", "Call you at 7?"],
    "review-01": ["Ana", "A human was asked to look (self harm)", "I cannot go on", "eve closed the review: called her."],
    "12": ["No money at anthropic. (critical). Top it up.", "It was seen again, 2 times in all."],
    "model:money": ["No money at anthropic."],
}  # fmt: skip


@pytest.fixture
def connection(database: Path) -> Connection:
    opened = open_writer(database, throwaway=True)
    for statement in ROWS.split(";\n"):
        opened.execute(statement)
    return opened


def story_of(connection: Connection, thing: str) -> Story:
    return stories.tell(connection, stories.find(connection, thing), now=NOW)


def test_each_tells_whose_it_is_and_why_it_is_there(connection: Connection) -> None:
    for thing, expected in TOLD.items():
        story = story_of(connection, thing)
        told = " ".join([story.person, *(event.words for event in story.events)])
        for words in expected:
            assert words in told, (thing, words, told)


def test_a_tap_s_story_has_the_gift_it_led_to(connection: Connection) -> None:
    story = story_of(connection, "in-00001")
    assert [event.id for event in story.events if event.what == "gift"] == ["gift-0001"]
    assert story_of(connection, "gift-0001").events == story.events


def test_what_is_unknown_is_said_with_what_may_be_asked_about(connection: Connection) -> None:
    with pytest.raises(UsageError, match=r"gift, expense, workout, question, reminder, review, alert"):
        story_of(connection, "nothing-of-the-kind")
