"""What is known of a person, with its source and dates: superseded by what they say later, gone when they say forget.

May import: scope, the domain.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec

from ivy.clock import stamp, unstamp
from ivy.domain import facts_said
from ivy.domain.facts import Acts, Claim, Ended, Fact, Kind, Taken, Way, behaviour_of, chain_of, take
from ivy.domain.facts_said import BIRTHDAY
from ivy.domain.plain_words import words_of
from ivy.store import echoes, memories, pending_actions
from ivy.store.binding import Row
from ivy.store.scope import Scope

_ORDER = "ORDER BY since_ms, id"
MEMORY, MESSAGE = "fact", "message"
"""Kinds of memories."""
MOST_LOOKED_AT = 500
"""Messages in which the words of something forgotten are looked for, the newest first."""


def say(scope: Scope, claim: Claim, *, new_id: str, now: datetime) -> Taken:
    """Keep what the person said, and close what it contradicts; what changes how Ivy behaves is to be asked about.

    What holds is among the memories that are searched, and what holds no more is not.
    """
    taken = take(of_slot(scope, claim.kind, claim.subject), claim, new_id)
    for fact in taken.changed:
        if not fact.holds:  # first, or two would hold at once
            _write(scope, fact)
    for fact in taken.changed:
        if fact.holds:
            _write(scope, fact)
    if taken.fact.holds and taken.fact.acts is Acts.NOT and behaviour_of(taken.fact):
        set_acts(scope, taken.fact.id, Acts.ASK)
    for fact in taken.changed:
        if fact.holds:
            memories.keep(scope, kind=MEMORY, ref=fact.id, text=fact.text, at=fact.since, now=now)
        else:
            memories.forget(scope, MEMORY, fact.id)
    return taken


def _write(scope: Scope, fact: Fact) -> None:
    scope.execute(
        "INSERT INTO facts (id, user_id, kind, subject, value, text, quote, message_id, way, confidence, since_ms, last_said_ms,"
        " until_ms, replaced_by, ended, acts) VALUES (:id, :user, :kind, :subject, :value, :text, :quote, :message, :way,"
        " :confidence, :since, :last, :until, :by, :ended, :acts)"
        " ON CONFLICT (id) DO UPDATE SET confidence = excluded.confidence, since_ms = excluded.since_ms,"
        " last_said_ms = excluded.last_said_ms, until_ms = excluded.until_ms, replaced_by = excluded.replaced_by,"
        " ended = excluded.ended WHERE user_id = :user",
        id=fact.id,
        kind=fact.kind.value,
        subject=fact.subject,
        value=fact.value,
        text=fact.text,
        quote=fact.quote,
        message=fact.message_id,
        way=fact.way.value,
        confidence=fact.confidence,
        since=stamp(fact.since),
        last=stamp(fact.last_said),
        until=None if fact.until is None else stamp(fact.until),
        by=fact.replaced_by,
        ended=fact.ended.value,
        acts=fact.acts.value,
    )


def of_slot(scope: Scope, kind: Kind, subject: str) -> list[Fact]:
    """Return all that is known of a kind about a subject, whether it holds or not, the oldest first."""
    rows = scope.execute(
        f"SELECT * FROM facts WHERE user_id = :user AND kind = :kind AND subject = :subject AND ended <> 'forgotten' {_ORDER}",
        kind=kind.value,
        subject=subject,
    )
    return [_fact(row) for row in rows]


def holding(scope: Scope) -> list[Fact]:
    """Return what holds now, the oldest first."""
    return [
        _fact(row) for row in scope.execute(f"SELECT * FROM facts WHERE user_id = :user AND until_ms IS NULL {_ORDER}")
    ]


def every(scope: Scope) -> list[Fact]:
    """Return all that was ever known, forgotten things as rows without words, the oldest first."""
    return [_fact(row) for row in scope.execute(f"SELECT * FROM facts WHERE user_id = :user {_ORDER}")]


def load(scope: Scope, fact_id: str) -> Fact | None:
    row = scope.execute("SELECT * FROM facts WHERE user_id = :user AND id = :id", id=fact_id).fetchone()
    return row and _fact(row)


def deny(scope: Scope, fact_id: str, *, now: datetime) -> None:
    """The person says that it is not so."""
    scope.execute(
        "UPDATE facts SET until_ms = max(:now, since_ms), ended = 'denied' WHERE user_id = :user AND id = :id AND until_ms IS NULL",
        id=fact_id,
        now=stamp(now),
    )
    memories.forget(scope, MEMORY, fact_id)


def supersede(scope: Scope, fact: Fact, by: str, *, now: datetime) -> None:
    """Close a fact that another one puts right."""
    scope.execute(
        "UPDATE facts SET until_ms = max(:now, last_said_ms), ended = 'superseded', replaced_by = :by"
        " WHERE user_id = :user AND id = :id AND until_ms IS NULL",
        id=fact.id,
        by=by,
        now=stamp(now),
    )
    memories.forget(scope, MEMORY, fact.id)


def newest_of_tools(scope: Scope, tools: Sequence[str], *, since: datetime) -> str:
    """Return what the latest of these tools said to the person since an instant; "" if none did."""
    row = scope.execute(
        "SELECT result FROM tool_executions WHERE user_id = :user AND status = 'done' AND at_ms >= :since"
        " AND tool IN (SELECT value FROM json_each(:tools)) ORDER BY rowid DESC LIMIT 1",
        since=stamp(since),
        tools=_json(tools),
    ).fetchone()
    return row["result"] if row else ""


# --- forgetting --------------------------------------------------------------------------------------


def forget(scope: Scope, fact: Fact, *, now: datetime) -> list[Fact]:
    """Take a fact, and all that was known about the same, out of every place a model is shown; return what was forgotten.

    Rows stay without words, so that it can be told that something was forgotten, and when.
    """
    gone = chain_of(every(scope), fact)
    _hear_no_more(scope, _messages_about(scope, gone), now)
    ids = _json([each.id for each in gone])
    for each in gone:
        memories.forget(scope, MEMORY, each.id)
        scope.execute(
            "UPDATE tool_executions SET arguments = '{}', result = '' WHERE user_id = :user AND length(:text) > 2"
            " AND tool IN ('remember', 'correct', 'what_you_know', 'where_from', 'forget', 'search_memory')"
            " AND (instr(arguments, :text) > 0 OR instr(result, :text) > 0)",
            text=each.text,
        )
    pending_actions.blank(scope, [each.id for each in gone])
    _hear_no_more(scope, echoes.of(scope, [each.text for each in gone]), now)
    scope.execute(
        "UPDATE facts SET text = '', quote = '', value = '', subject = '', message_id = '', replaced_by = '', acts = '',"
        " ended = 'forgotten', until_ms = coalesce(until_ms, max(:now, since_ms))"
        " WHERE user_id = :user AND id IN (SELECT value FROM json_each(:ids))",
        now=stamp(now),
        ids=ids,
    )
    return gone


def _hear_no_more(scope: Scope, message_ids: Iterable[str], now: datetime) -> None:
    """Show these messages to no model again, and drop what models answered in their turns: it may say the same once more."""
    about = sorted(message_ids)
    _drop_answers(scope, about)
    for message_id in about:
        scope.execute(
            "INSERT INTO unheard_messages (message_id, user_id, at_ms) VALUES (:id, :user, :now) ON CONFLICT DO NOTHING",
            id=message_id,
            now=stamp(now),
        )
        memories.forget(scope, MESSAGE, message_id)


def _drop_answers(scope: Scope, message_ids: Sequence[str]) -> None:
    scope.execute(
        "UPDATE model_exchanges SET response = NULL WHERE response IS NOT NULL AND id IN (SELECT u.id FROM ai_usage u"
        " JOIN messages_v2 m ON m.turn_id = u.turn_id WHERE u.user_id = :user AND m.user_id = :user"
        " AND m.id IN (SELECT value FROM json_each(:ids)))",
        ids=_json(message_ids),
    )


def _messages_about(scope: Scope, gone: Collection[Fact]) -> set[str]:
    """Return the messages, both ways, that say what is forgotten: the sources, and those with the same words."""
    wanted = [words for fact in gone if (words := f" {' '.join(words_of(fact.text))} ").strip()]
    rows = scope.execute(
        "SELECT id, body FROM messages_v2 WHERE user_id = :user AND body <> '' ORDER BY rowid DESC LIMIT +:limit",
        limit=MOST_LOOKED_AT,
    ).fetchall()
    found = {row["id"] for row in rows if any(words in f" {' '.join(words_of(row['body']))} " for words in wanted)}
    if any(fact.subject == BIRTHDAY for fact in gone):  # kept in Ivy's words, not in theirs
        found |= {row["id"] for row in rows if any(each.subject == BIRTHDAY for each in facts_said.read(row["body"]))}
    sources = _json([fact.message_id for fact in gone if fact.message_id])
    kept = scope.execute(
        "SELECT id FROM messages_v2 WHERE user_id = :user AND id IN (SELECT value FROM json_each(:ids))", ids=sources
    )
    return found | {row["id"] for row in kept}


def unheard(scope: Scope) -> set[str]:
    """Return the messages that no model is shown again."""
    return {row["message_id"] for row in scope.execute("SELECT message_id FROM unheard_messages WHERE user_id = :user")}


# --- whether Ivy behaves by them -----------------------------------------------------------------------


def set_acts(scope: Scope, fact_id: str, acts: Acts) -> None:
    scope.execute("UPDATE facts SET acts = :acts WHERE user_id = :user AND id = :id", id=fact_id, acts=acts.value)


def to_ask(scope: Scope) -> list[Fact]:
    """Return the facts that would change how Ivy behaves and were not asked about yet, the newest first."""
    rows = scope.execute(
        "SELECT * FROM facts WHERE user_id = :user AND until_ms IS NULL AND acts = 'ask' ORDER BY last_said_ms DESC, id DESC"
    )
    return [_fact(row) for row in rows]


# --- messages to read ----------------------------------------------------------------------------------


def own_words_of_turn(scope: Scope, turn_id: str) -> list[Row]:
    """Return what a turn answered of the person's own words, in order: id, body, at_ms. What they forwarded is not.

    What they wrote, and what was heard in their voice notes, which stay media once their words are known.
    """
    return scope.execute(
        "SELECT id, body, at_ms FROM messages_v2 WHERE user_id = :user AND turn_id = :turn AND direction = 'in'"
        " AND (kind = 'text' OR (kind = 'media' AND body <> '' AND coalesce(json_extract(event, '$.voice'), 0)))"
        " AND coalesce(json_extract(event, '$.forwarded'), 0) = 0 ORDER BY rowid",
        turn=turn_id,
    ).fetchall()


def want_read(scope: Scope, message_ids: Iterable[str], *, now: datetime) -> None:
    """Let messages be read for what they say of the person."""
    for message_id in message_ids:
        scope.execute(
            "INSERT INTO fact_sources (message_id, user_id, at_ms) VALUES (:id, :user, :now) ON CONFLICT DO NOTHING",
            id=message_id,
            now=stamp(now),
        )


def waiting(scope: Scope, *, limit: int) -> list[Row]:
    """Return the oldest messages that wait to be read: id, body, at_ms."""
    return scope.execute(
        "SELECT m.id, m.body, m.at_ms FROM fact_sources s JOIN messages_v2 m ON m.id = s.message_id"
        " WHERE s.user_id = :user AND s.state = 'waiting'"
        " AND m.id NOT IN (SELECT message_id FROM unheard_messages WHERE user_id = :user) ORDER BY s.at_ms, m.rowid LIMIT +:limit",
        limit=limit,
    ).fetchall()


def settle(scope: Scope, message_ids: Sequence[str], *, read: bool) -> None:
    """Say that messages were read, or that nobody could."""
    scope.execute(
        "UPDATE fact_sources SET state = :state WHERE user_id = :user AND message_id IN (SELECT value FROM json_each(:ids))",
        state="read" if read else "unread",
        ids=_json(message_ids),
    )


def source_of(scope: Scope, turn_id: str) -> Row | None:
    """Return the person's latest own message that a turn reads: id, body, at_ms."""
    return next(iter(reversed(own_words_of_turn(scope, turn_id))), None)


def _json(values: Sequence[str]) -> str:
    return msgspec.json.encode(list(values)).decode()


def _fact(row: Row) -> Fact:
    return Fact(
        row["id"],
        Kind(row["kind"]),
        row["subject"],
        row["value"],
        row["text"],
        row["quote"],
        row["message_id"],
        Way(row["way"]),
        row["confidence"],
        unstamp(row["since_ms"]),
        unstamp(row["last_said_ms"]),
        None if row["until_ms"] is None else unstamp(row["until_ms"]),
        row["replaced_by"],
        Ended(row["ended"]),
        Acts(row["acts"]),
    )
