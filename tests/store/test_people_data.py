"""What is kept of a person: found whole by the schema, handed over, and gone without a trace when it is erased."""

from pathlib import Path
from typing import Any

import pytest

from ivy.store import people_data
from ivy.store.binding import Connection
from ivy.store.migrate import migrate
from ivy.store.scope import within
from ivy.store.settings import open_writer

ANA, BEN = "01a2018f-63b2-7ba5-8732-d40a70f03c39", "01a2018f-63b2-7ba5-8732-d40a70f03c40"
PHONES = {ANA: "+573001234567", BEN: "+573009876543"}
WORDS = {ANA: "zebra", BEN: "walrus"}
"""Stands in everything a person said, so that a forgotten place is seen."""

ROWS = """
INSERT INTO users (id, name, status, locale, zone, currency, phone, created_at_ms)
    VALUES (:user, :words, 'active', 'es-CO', 'America/Bogota', 'COP', :phone, 1);
INSERT INTO channel_identities (user_id, channel, kind, value, valid_from_ms) VALUES (:user, 'whatsapp', 'phone', :phone, 1);
INSERT INTO channel_identities (user_id, channel, kind, value, valid_from_ms) VALUES (:user, 'whatsapp', 'id', 'CO.' || :words, 1);
INSERT INTO consents (user_id, purpose, granted, at_ms, proof) VALUES (:user, 'messages', 1, 1, :words);
INSERT INTO strangers (channel, sender, day) VALUES ('whatsapp', 'CO.' || :words, '2026-11-01');
INSERT INTO messages_v2 (id, user_id, channel, direction, external_id, body, event, state, at_ms, state_at_ms, trace_id)
    VALUES ('in-' || :user, :user, 'whatsapp', 'in', 'wamid.' || :words, :words, :words, 'received', 1, 1, 'arrival-' || :user);
INSERT INTO messages_v2 (id, user_id, channel, direction, external_id, body, state, recipient, at_ms, state_at_ms)
    VALUES ('out-' || :user, :user, 'whatsapp', 'out', 'wamid.out.' || :words, :words, 'sent', json_object('phone', :phone), 1, 1);
INSERT INTO messages_v2 (id, channel, direction, external_id, body, state, recipient, at_ms, state_at_ms)
    VALUES ('stranger-' || :user, 'whatsapp', 'out', 'wamid.stranger.' || :words, 'who are you?', 'sent',
            json_object('external_id', 'CO.' || :words, 'phone', :phone), 1, 1);
INSERT INTO message_statuses (channel, external_id, state, at_ms) VALUES ('whatsapp', 'wamid.out.' || :words, 'sent', 1);
INSERT INTO message_statuses (channel, external_id, state, at_ms) VALUES ('whatsapp', 'wamid.stranger.' || :words, 'sent', 1);
INSERT INTO conversation_windows (user_id, channel, expires_at_ms) VALUES (:user, 'whatsapp', 1);
INSERT INTO channel_notices (channel, field, details, at_ms)
    VALUES ('whatsapp', 'user_preferences', json_object('sender', substr(:phone, 2)), 1);
INSERT INTO turns (id, user_id, key, state, prompt, trace_id, started_at_ms)
    VALUES ('turn-' || :user, :user, 'turn:in-' || :user, 'done', 'coach@1', 't', 1);
INSERT INTO turn_steps (turn_id, n, kind, payload, at_ms) VALUES ('turn-' || :user, 1, 'reply', :words, 1);
INSERT INTO tool_faults (user_id, turn_id, tool, error, at_ms) VALUES (:user, 't-' || :user, 'x', 'builtins.KeyError', 1);
INSERT INTO tool_executions (id, user_id, turn_id, tool, arguments, key, status, result, at_ms)
    VALUES ('tool-' || :user, :user, 'turn-' || :user, 'add_expense', :words, 'k' || :user, 'done', :words, 1);
INSERT INTO pending_actions (id, user_id, kind, payload, created_at_ms, expires_at_ms)
    VALUES ('p-' || :user, :user, 'x', :words, 1, 2);
INSERT INTO ai_usage (id, user_id, turn_id, role, vendor, model, status, input_price, output_price, cache_read_price,
                      cache_write_price, price_source, trace_id, at_ms)
    VALUES ('ai-' || :user, :user, 'turn-' || :user, 'primary', 'anthropic', 'm', 'done', 1, 1, 1, 1, 'list', 't', 1);
INSERT OR IGNORE INTO model_prefixes (sha256, system, tools, first_at_ms) VALUES ('prefix', 'You are Ivy.', '[]', 1);
INSERT INTO model_exchanges (id, prefix_sha256, dialect, request_sha256, response, at_ms)
    VALUES ('ai-' || :user, 'prefix', '{}', 'sum', CAST(:words AS BLOB), 1);
INSERT INTO cost_ledger (id, day, kind, provider, user_id, amount_micros, state, at_ms)
    VALUES ('ai-' || :user, '2026-11-01', 'model', 'anthropic', :user, 42, 'settled', 1);
INSERT INTO jobs (id, kind, queue, lane, key, state, due_at_ms, run_at_ms, deadline_ms, limit_ms, user_id, payload, created_at_ms)
    VALUES ('job-' || :user, 'turn', 'agent', 'turn:' || :user, 'turn:' || :user, 'dead', 1, 1, 2, 1, :user, :words, 1);
INSERT INTO jobs (id, kind, queue, lane, key, state, due_at_ms, run_at_ms, deadline_ms, limit_ms, created_at_ms)
    VALUES ('sjob-' || :user, 'send', 'outbox', 'send:CO.' || :words || ':whatsapp', 'send:' || :user, 'done', 1, 1, 2, 1, 1);
INSERT INTO jobs (id, kind, queue, key, state, due_at_ms, run_at_ms, deadline_ms, limit_ms, trace_id, created_at_ms)
    VALUES ('inbound-' || :user, 'inbound', 'inbox', 'inbound:' || :user, 'done', 1, 1, 2, 1, 'arrival-' || :user, 1);
INSERT INTO lanes (lane, queue, busy) VALUES ('send:' || :user || ':whatsapp', 'outbox', 0);
INSERT INTO webhook_inbox (id, source, sha256, body, received_at_ms, trace_id)
    VALUES ('arrival-' || :user, 'whatsapp', CAST('sum' || :user AS BLOB), CAST(:words AS BLOB), 1, 'arrival-' || :user);
INSERT INTO schedules (id, kind, user_id, ref_id, zone, next_wall, created_at_ms)
    VALUES ('s-' || :user, 'reminder', :user, 'r-' || :user, 'UTC', '2026-11-01T09:00', 1);
INSERT INTO calendar_events (id, user_id, title, starts_wall, ends_wall, zone, starts_at_ms, ends_at_ms, created_at_ms)
    VALUES ('e-' || :user, :user, :words, 'a', 'b', 'UTC', 1, 2, 1);
INSERT INTO reminders (id, user_id, text, created_at_ms) VALUES ('r-' || :user, :user, :words, 1);
INSERT INTO expenses (id, user_id, amount_minor, currency, description, plain, category, day, created_at_ms)
    VALUES ('x-' || :user, :user, 100, 'COP', :words, :words, 'food', '2026-11-01', 1);
INSERT INTO workouts (id, user_id, day, kind, state, planned, source, note, created_at_ms, changed_at_ms)
    VALUES ('w-' || :user, :user, '2026-11-01', 'run', 'done', 1, 'text', :words, 1, 1);
INSERT INTO workout_rules (user_id, since_ms, counts_from, part_gives) VALUES (:user, 1, 10, 'none');
INSERT INTO streak_events (user_id, day, outcome, source, at_ms) VALUES (:user, '2026-11-01', 'kept', 'text', 1);
INSERT INTO user_preferences (user_id, key, value, source, at_ms) VALUES (:user, 'tone', :words, 'said', 1);
INSERT INTO media (id, user_id, message_id, channel, direction, type, state, reason, transcript, received_at_ms, expires_at_ms)
    VALUES ('media-' || :user, :user, 'in-' || :user, 'whatsapp', 'in', 'audio', 'refused', 'type', :words, 1, 2);
INSERT INTO alerts (key, severity, title, advice, first_at_ms, last_at_ms)
    VALUES ('handover:' || :user, 'critical', :words || ' asks for a human.', 'Answer.', 1, 1);
INSERT INTO alert_told (alert_id, route, severity, told_at_ms)
    SELECT id, 'mail', severity, 2 FROM alerts WHERE instr(key, :user);
INSERT INTO blocked_addresses (channel, value, reason, at_ms) VALUES ('sms', :phone, 'they said stop there', 1);
INSERT INTO blocked_addresses (channel, value, reason, at_ms) VALUES ('whatsapp', 'CO.' || :words, 'gone', 1);
INSERT INTO onboardings (user_id, step, answers, started_at_ms, changed_at_ms) VALUES (:user, 'name', :words, 1, 1);
INSERT INTO reminded_unasked (user_id) VALUES (:user);
INSERT INTO call_slots (id, user_id, kind, by, at, changed_at_ms) VALUES ('slot-' || :user, :user, 'morning', 'voice', '07:00', 1);
INSERT INTO calls (id, user_id, kind, slot, day, state, due_at_ms, to_number, reason)
    VALUES ('call-' || :user, :user, 'morning', 'slot-' || :user, '2026-11-01', 'ended', 1, :phone, :words);
INSERT INTO call_events (provider, key, call_id, report, at_ms) VALUES ('retell', 'e-' || :user, 'call-' || :user, :words, 1);
INSERT INTO transcripts (call_id, user_id, turns, at_ms) VALUES ('call-' || :user, :user, :words, 1);
INSERT INTO if_then_plans (id, user_id, day, workout, source, changed_at_ms)
    VALUES ('plan-' || :user, :user, '2026-11-01', :words, 'call', 1);
INSERT INTO impact_wallets (user_id, charity, amount_minor, currency, daily_cap_minor, monthly_cap_minor, changed_at_ms)
    VALUES (:user, :words, 100, 'COP', 200, 400, 1);
INSERT INTO donations (id, user_id, kind, workout_id, day, charity, amount_minor, currency, payer, at_ms, before, hash)
    VALUES ('gift-' || :user, :user, 'gift', 'w-' || :user, '2026-11-01', 'water', 100, 'COP', 'self', 1, '', 'hash-' || :user);
INSERT INTO transformation_scores (id, user_id, day, measure, score, source, at_ms)
    VALUES ('score-' || :user, :user, '2026-11-01', 'mood', 7, 'call', 1);
INSERT INTO life_markers (id, user_id, day, tag, words, source, at_ms)
    VALUES ('mark-' || :user, :user, '2026-11-01', 'sleep', :words, 'call', 1);
INSERT INTO facts (id, user_id, kind, text, quote, message_id, way, confidence, since_ms, last_said_ms)
    VALUES ('fact-' || :user, :user, 'fact', :words, :words, 'in-' || :user, 'told', 1.0, 1, 1);
INSERT INTO fact_sources (message_id, user_id, at_ms) VALUES ('in-' || :user, :user, 1);
INSERT INTO unheard_messages (message_id, user_id, at_ms) VALUES ('in-' || :user, :user, 1);
INSERT OR IGNORE INTO memory_spaces (id, model, dimension, state, since_ms) VALUES (1, 'm', 4, 'old', 1);
INSERT INTO user_memory (user_id, kind, ref, text, digest, length, at_ms)
    VALUES (:user, 'message', 'in-' || :user, :words, 'd', 1, 1);
INSERT INTO memory_words (user_id, word, memory_id, times)
    SELECT user_id, text, id, 1 FROM user_memory WHERE user_id = :user;
INSERT INTO memory_embeddings (memory_id, space_id, user_id, model, dimension, digest, at_ms)
    SELECT id, 1, user_id, 'm', 4, 'd', 1 FROM user_memory WHERE user_id = :user;
INSERT INTO memory_backfill (user_id, source, before_ms) VALUES (:user, 'message', 1);
INSERT INTO experiment_arms (user_id, experiment, setting, arm, value, day, at_ms)
    VALUES (:user, 'bonus', 'comeback_share', :words, 0.5, '2026-11-01', 1);
INSERT INTO reviews (id, user_id, kind, source, ref, words, opened_at_ms)
    VALUES ('review-' || :user, :user, 'self_harm', 'chat', 'in-' || :user, :words, 1);
INSERT INTO topics (user_id, topic, state, words, source, state_at_ms) VALUES (:user, 'weekly_expenses', 'on', :words, 'text', 1);
INSERT INTO prewritten (user_id, topic, first_day, numbers, prose, at_ms)
    VALUES (:user, 'weekly_expenses', '2026-11-02', '{}', :words, 1);
INSERT INTO spending_summaries (user_id, first_day, numbers, prose, message_id, at_ms)
    VALUES (:user, '2026-11-02', '{}', :words, 'out-' || :user, 1);
INSERT INTO ratings (id, user_id, message_id, asked_at_ms) VALUES ('rating-' || :user, :user, 'out-' || :user, 1);
INSERT INTO feedback (id, user_id, kind, words, ref, at_ms) VALUES ('said-' || :user, :user, 'wrong', :words, 'in-' || :user, 1);
INSERT INTO foreign_texts (user_id, text, at_ms) VALUES (:user, :words, 1);
INSERT OR IGNORE INTO replay_plans (id, made_at_ms, rate, facts, known) VALUES ('plan', 1, 2.0, '{}', '[]');
INSERT INTO replay_plan_lines (plan_id, place, job_id, kind, user_id, bundle, what, speaks, died_at_ms, replays, state, state_at_ms)
    SELECT 'plan', count(*), 'job-' || :user, 'turn', :user, 1, 'poison', 0, 1, 0, 'left', 1 FROM replay_plan_lines;
INSERT INTO weekly_summaries (user_id, week, numbers, prose, at_ms) VALUES (:user, '2026-11-02', '{}', :words, 1);
INSERT INTO commitments (user_id, promised) VALUES (:user, 5);
INSERT INTO easings (id, user_id, tool, arguments, parts, asked_at_ms, due_at_ms)
    VALUES ('easing-' || :user, :user, 'change_commitment', :words, '[]', 1, 2);
"""


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    """Two people with a row in every table that can hold one of theirs."""
    opened = open_writer(tmp_path / "ivy.db", throwaway=True)
    migrate(opened)
    opened.execute(
        "CREATE VIRTUAL TABLE memory_vectors_1"
        " USING vec0(id INTEGER PRIMARY KEY, user_id TEXT PARTITION KEY, vector FLOAT[4])"
    )
    for user in (ANA, BEN):
        for statement in ROWS.split(";\n"):
            opened.execute(statement, {"user": user, "phone": PHONES[user], "words": WORDS[user]})
        opened.execute(
            "INSERT INTO memory_vectors_1 (id, user_id, vector) SELECT id, user_id, '[1,2,3,4]' FROM user_memory"
            " WHERE user_id = ?",
            (user,),
        )
    return opened


def everything(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    names = [row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: [tuple(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in names}


def mentions(rows: dict[str, list[tuple[Any, ...]]], text: str) -> dict[str, int]:
    found = {name: sum(text in str(row) for row in each) for name, each in rows.items()}
    return {name: n for name, n in found.items() if n}


def test_every_table_is_a_persons_or_is_named_as_nobodys(connection: Connection) -> None:
    tables = {name for name in everything(connection) if not name.startswith(("sqlite_", "memory_vectors_"))}
    persons = {owned.table for owned in people_data.owned(connection)}
    assert persons | people_data.NOBODYS == tables
    assert not persons & people_data.NOBODYS


def test_this_test_has_a_row_in_every_table_of_a_person(connection: Connection) -> None:
    persons = {owned.table for owned in people_data.owned(connection)}
    assert set(people_data.counts(within(connection, ANA))) == persons


def test_an_export_has_every_row_that_names_the_person_and_no_row_of_another(connection: Connection) -> None:
    scope = within(connection, ANA)
    rows = {owned.table: people_data.rows(scope, owned) for owned in people_data.owned(connection)}
    assert {table: len(each) for table, each in rows.items()} == people_data.counts(scope)
    assert WORDS[ANA] in str(rows)
    assert WORDS[BEN] not in str(rows)
    assert BEN not in str(rows)
    assert PHONES[BEN].lstrip("+") not in str(rows)


def test_after_an_erasure_nothing_in_the_file_tells_of_the_person(connection: Connection) -> None:
    erased = people_data.erase(within(connection, ANA))
    assert erased.left == {}
    left = everything(connection)
    assert mentions(left, WORDS[ANA]) == {}
    assert mentions(left, PHONES[ANA].lstrip("+")) == {}
    # Ids of what is kept are random; that of the person stands only in names of the webhooks they came with, in tests.
    named = mentions(left, ANA)
    assert named == {"cost_ledger": 1, "donations": 1, "webhook_inbox": 1, "jobs": 1}


def test_an_erasure_tells_how_many_rows_went(connection: Connection) -> None:
    before = people_data.counts(within(connection, ANA))
    erased = people_data.erase(within(connection, ANA))
    assert erased.deleted | erased.nameless == before
    assert erased.emptied_webhooks == 1


def test_costs_stay_in_the_books_without_the_person(connection: Connection) -> None:
    people_data.erase(within(connection, ANA))
    rows = connection.execute("SELECT user_id, amount_micros FROM cost_ledger ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [(None, 42), (BEN, 42)]


def test_an_erasure_leaves_every_row_of_another_person(connection: Connection) -> None:
    before = people_data.counts(within(connection, BEN))
    told = mentions(everything(connection), WORDS[BEN])
    people_data.erase(within(connection, ANA))
    assert people_data.counts(within(connection, BEN)) == before
    assert mentions(everything(connection), WORDS[BEN]) == told


def test_a_webhook_that_nobody_has_read_yet_keeps_its_bytes(connection: Connection) -> None:
    connection.execute("UPDATE jobs SET state = 'ready' WHERE id = ?", (f"inbound-{ANA}",))
    assert people_data.erase(within(connection, ANA)).emptied_webhooks == 0


def test_erasing_twice_is_the_same_as_once(connection: Connection) -> None:
    people_data.erase(within(connection, ANA))
    again = people_data.erase(within(connection, ANA))
    assert (again.deleted, again.nameless, again.left) == ({}, {"donations": 1}, {})


def test_a_person_whose_id_begins_like_anothers_is_not_touched(connection: Connection) -> None:
    connection.execute("INSERT INTO lanes (lane, queue) VALUES (?, 'outbox')", (f"send:{ANA}0:whatsapp",))
    people_data.erase(within(connection, ANA))
    assert connection.execute("SELECT count(*) FROM lanes WHERE lane LIKE 'send:%0:whatsapp'").fetchone()[0] == 2


def test_tables_are_emptied_before_those_they_refer_to(connection: Connection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    people_data.erase(within(connection, ANA))
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
