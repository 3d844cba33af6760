"""People and the names their channels know them by. May import: scope, binding, the domain."""

from dataclasses import dataclass
from datetime import datetime

from ivy.clock import stamp, unstamp
from ivy.domain.inbound import Sender
from ivy.domain.sentences import POLITE
from ivy.errors import UsageError
from ivy.ports import Address
from ivy.store.binding import Connection, IntegrityError, Row
from ivy.store.scope import Scope

CHAT = "whatsapp"
SOLO = "solo"
"""WhatsApp's agent platform: a chat with whoever made the agent, and nobody else."""
CHATS = (CHAT, SOLO)
"""Where people chat: with files, and with receipts."""
BY_NUMBER = "sms"
"""The channel that reaches whoever gave their number."""


@dataclass(frozen=True)
class Person:
    """Somebody Ivy talks to. `zone` is IANA's name, `locale` language and country, `quiet_*` local HH:MM."""

    id: str
    name: str
    status: str
    locale: str
    zone: str
    currency: str
    phone: str | None
    quiet_from: str
    quiet_to: str
    minimum_minutes: int
    suspended_until: datetime | None
    invite_code: str | None
    handed_over_at: datetime | None = None
    """Since when a human of the operator's answers instead of Ivy."""
    track: str = "individual"
    """individual, or company: sponsored by an employer."""
    goal: str = ""
    sessions_per_week: int = 3
    """The week they think they can keep."""
    mode: str = "text"
    """voice, text or mixed."""
    address: str = "tu"
    """tu or usted, in Spanish."""
    tier: str = "core"
    partial_gives: str = "none"
    care_since: datetime | None = None
    """Since when words of danger wait for a human to look."""

    @property
    def is_cared_for(self) -> bool:
        """Whether words of danger wait for a human: nothing is begun, and streaks, goals and pledges are left unsaid."""
        return self.care_since is not None

    def is_suspended(self, now: datetime) -> bool:
        """Say whether Ivy is silent by their wish; a day or a pause that is over is none any more."""
        return self.suspended_until is not None and now < self.suspended_until

    @property
    def coach_is_quiet(self) -> bool:
        """Whether Ivy begins nothing with them, because a human answers or has to look first."""
        return self.handed_over_at is not None or self.is_cared_for

    @property
    def language(self) -> str:
        """The language of fixed sentences: en or es."""
        return "es" if self.locale.lower().startswith("es") else "en"

    @property
    def speech(self) -> str:
        """How fixed sentences are said to them, for `say`: their locale, with "-x-usted" if they are no tú."""
        polite = self.address == "usted" and self.language == "es"
        return f"{self.locale}-{POLITE}" if polite else self.locale


@dataclass(frozen=True)
class NewPerson:
    id: str
    name: str
    status: str
    locale: str
    zone: str
    currency: str
    phone: str | None = None
    invite_code: str | None = None


@dataclass(frozen=True)
class Recognised:
    """Who a sender is; `conflict` names another person that one of their aliases belongs to."""

    user_id: str | None
    conflict: str | None = None


def _person(row: Row) -> Person:
    until = row["suspended_until_ms"]
    return Person(
        id=row["id"],
        name=row["name"],
        status=row["status"],
        locale=row["locale"],
        zone=row["zone"],
        currency=row["currency"],
        phone=row["phone"],
        quiet_from=row["quiet_from"],
        quiet_to=row["quiet_to"],
        minimum_minutes=row["minimum_minutes"],
        suspended_until=None if until is None else unstamp(until),
        invite_code=row["invite_code"],
        handed_over_at=None if row["handed_over_at_ms"] is None else unstamp(row["handed_over_at_ms"]),
        track=row["track"],
        goal=row["goal"],
        sessions_per_week=row["sessions_per_week"],
        mode=row["mode"],
        address=row["address"],
        tier=row["tier"],
        partial_gives=row["partial_gives"],
        care_since=None if row["care_since_ms"] is None else unstamp(row["care_since_ms"]),
    )


def add(connection: Connection, person: NewPerson, *, now: datetime) -> None:
    """Add a person. Raises: UsageError if the phone is another's."""
    try:
        connection.execute(
            "INSERT INTO users (id, name, status, locale, zone, currency, phone, invite_code, created_at_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (person.id, person.name, person.status, person.locale, person.zone, person.currency, person.phone,
             person.invite_code, stamp(now)),
        )  # fmt: skip
        if person.phone:
            alias(connection, person.id, "whatsapp", "phone", person.phone, now=now)
    except IntegrityError:
        raise UsageError(f"Somebody with the number {person.phone} is known already; see `ivy users list`.") from None


def load(scope: Scope) -> Person:
    """Return the person of this scope."""
    return _person(scope.execute("SELECT * FROM users WHERE id = :user").fetchone())


def everyone(connection: Connection) -> list[Person]:
    """Return all people, by name. For operators."""
    return [_person(row) for row in connection.execute("SELECT * FROM users ORDER BY name, id")]


def find(connection: Connection, words: str) -> Person:
    """Return the one person of this id, start of an id, name or phone. Raises: UsageError. For operators."""
    rows = connection.execute(
        "SELECT * FROM users WHERE id = ?1 OR phone = ?1 OR lower(name) = lower(?1) OR (length(?1) >= 6 AND id LIKE ?1 || '%')",
        (words,),
    ).fetchall()
    if not rows:
        raise UsageError(f"Nobody is known as {words!r}; `ivy users list` shows who is.")
    if len(rows) > 1:
        raise UsageError(f"{len(rows)} people are known as {words!r}; use an id from `ivy users list`.")
    return _person(rows[0])


def of_invite(connection: Connection, code: str) -> str | None:
    """Return whom an invite code was made for, if nobody used it yet."""
    row = connection.execute("SELECT id FROM users WHERE invite_code = ?", (code,)).fetchone()
    return row and row["id"]


def use_invite(scope: Scope) -> None:
    """An invite code lets one sender in, once."""
    scope.execute("UPDATE users SET invite_code = NULL WHERE id = :user")


def set_status(scope: Scope, status: str) -> None:
    scope.execute("UPDATE users SET status = :status WHERE id = :user", status=status)


def suspend(scope: Scope, until: datetime | None) -> None:
    """Send nothing unasked for until then; None ends it."""
    scope.execute(
        "UPDATE users SET suspended_until_ms = :until WHERE id = :user", until=None if until is None else stamp(until)
    )


def hand_over(scope: Scope, at: datetime | None) -> None:
    """Let a human answer from now on; None gives the chat back to Ivy."""
    scope.execute("UPDATE users SET handed_over_at_ms = :at WHERE id = :user", at=None if at is None else stamp(at))


def set_phone(scope: Scope, phone: str) -> bool:
    """Keep the number that the person shared; return False if it is another's."""
    try:
        scope.execute("UPDATE users SET phone = :phone WHERE id = :user", phone=phone)
    except IntegrityError:
        return False
    return True


def set_zone(scope: Scope, zone: str) -> None:
    scope.execute("UPDATE users SET zone = :zone WHERE id = :user", zone=zone)


def set_name(scope: Scope, name: str) -> None:
    scope.execute("UPDATE users SET name = :name WHERE id = :user", name=name)


def set_locale(scope: Scope, locale: str) -> None:
    scope.execute("UPDATE users SET locale = :locale WHERE id = :user", locale=locale)


def set_mode(scope: Scope, mode: str) -> None:
    """Keep how the person wants to be contacted: voice, text or mixed. Their slots are changed apart."""
    scope.execute("UPDATE users SET mode = :mode WHERE id = :user", mode=mode)


def set_track(scope: Scope, track: str) -> None:
    scope.execute("UPDATE users SET track = :track WHERE id = :user", track=track)


def set_goal(scope: Scope, goal: str) -> None:
    scope.execute("UPDATE users SET goal = :goal WHERE id = :user", goal=goal)


def set_week(scope: Scope, sessions: int) -> None:
    """Keep how many workouts a week the person thinks they can keep."""
    scope.execute("UPDATE users SET sessions_per_week = :sessions WHERE id = :user", sessions=sessions)


def set_minimum(scope: Scope, minutes: int) -> None:
    """Keep from how many minutes on a workout done in part counts; what was judged before stays as it is."""
    scope.execute("UPDATE users SET minimum_minutes = :minutes WHERE id = :user", minutes=minutes)


def set_address(scope: Scope, address: str) -> None:
    """Keep how the person is addressed in Spanish: tu or usted."""
    scope.execute("UPDATE users SET address = :address WHERE id = :user", address=address)


def set_tier(scope: Scope, tier: str) -> None:
    scope.execute("UPDATE users SET tier = :tier WHERE id = :user", tier=tier)


# --- aliases ---------------------------------------------------------------------------------------


def alias(connection: Connection, user_id: str, channel: str, kind: str, value: str, *, now: datetime) -> None:
    """Let a name of a channel mean this person from now on. Raises: IntegrityError if it means another."""
    connection.execute(
        "INSERT INTO channel_identities (user_id, channel, kind, value, valid_from_ms) VALUES (?, ?, ?, ?, ?)",
        (user_id, channel, kind, value, stamp(now)),
    )


def write_to(scope: Scope, channel: str, value: str, *, now: datetime) -> None:
    """Let the person be reached at this one address of a channel, and no more at the one before.

    Raises: UsageError if it is another person's.
    """
    owner = meaning(scope.connection, channel, value)
    if owner not in (None, scope.user_id):
        raise UsageError(f"{value} is another person's; see `ivy users list`.")
    scope.execute(
        "UPDATE channel_identities SET valid_to_ms = :now WHERE user_id = :user AND channel = :channel AND value <> :value"
        " AND valid_to_ms IS NULL",
        channel=channel,
        value=value,
        now=stamp(now),
    )
    if owner is None:
        alias(scope.connection, scope.user_id, channel, "id", value, now=now)


def meaning(connection: Connection, channel: str, value: str) -> str | None:
    """Return whom a name of a channel means now."""
    row = connection.execute(
        "SELECT user_id FROM channel_identities WHERE channel = ? AND value = ? AND valid_to_ms IS NULL",
        (channel, value),
    ).fetchone()
    return row and row["user_id"]


def recognise(connection: Connection, sender: Sender, *, now: datetime) -> Recognised:
    """Return who a sender is, the stable id first, and learn the names that are new.

    Names that mean different people are never merged by themselves: the stable id decides, the conflict is told.
    """
    names = [("id", sender.external_id), ("parent", sender.parent_id), ("phone", sender.phone)]
    known = {kind: meaning(connection, sender.channel, value) for kind, value in names if value}
    user_id = next((who for who in known.values() if who), None)
    if user_id is None and sender.channel == BY_NUMBER and sender.phone:  # the number they gave, or chat from
        user_id = meaning(connection, CHAT, sender.phone)
    if user_id is None:
        return Recognised(None)
    for kind, value in names:
        if value and known[kind] is None:
            alias(connection, user_id, sender.channel, kind, value, now=now)
    conflict = next((who for who in known.values() if who not in (None, user_id)), None)
    return Recognised(user_id, conflict)


def bind(connection: Connection, user_id: str, sender: Sender, *, now: datetime) -> None:
    """Let all names of a sender mean this person, where they mean nobody yet."""
    for kind, value in (("id", sender.external_id), ("parent", sender.parent_id), ("phone", sender.phone)):
        if value and meaning(connection, sender.channel, value) is None:
            alias(connection, user_id, sender.channel, kind, value, now=now)


def rename(connection: Connection, channel: str, old: str, new: str, *, now: datetime) -> str | None:
    """Let a new name mean whom the old one meant, and end the old; return who, or None if it meant nobody."""
    user_id = meaning(connection, channel, old)
    if user_id is None:
        return None
    connection.execute(
        "UPDATE channel_identities SET valid_to_ms = ? WHERE channel = ? AND value = ? AND valid_to_ms IS NULL",
        (stamp(now), channel, old),
    )
    if meaning(connection, channel, new) is None:
        alias(connection, user_id, channel, "phone" if new.startswith("+") else "id", new, now=now)
    return user_id


def address(scope: Scope, channel: str) -> Address:
    """Return where the person is reached on a channel: the newest names it knows them by."""
    rows = scope.execute(
        "SELECT kind, value FROM channel_identities WHERE user_id = :user AND channel = :channel AND valid_to_ms IS NULL"
        " ORDER BY id",
        channel=channel,
    )
    newest = {row["kind"]: row["value"] for row in rows}
    if channel == BY_NUMBER and not newest:
        return Address(phone=load(scope).phone or "")
    return Address(newest.get("id") or newest.get("parent", ""), newest.get("phone", ""))


# --- strangers -------------------------------------------------------------------------------------


def note_stranger(connection: Connection, channel: str, sender: str, day: str) -> bool:
    """Count a stranger's message; return True if they were answered that day."""
    row = connection.execute(
        "INSERT INTO strangers (channel, sender, day) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET messages = messages + 1"
        " RETURNING answered",
        (channel, sender, day),
    ).fetchone()
    return bool(row["answered"])


def strangers_answered(connection: Connection, day: str) -> int:
    """Return how many strangers were answered that day."""
    return connection.execute("SELECT count(*) FROM strangers WHERE day = ? AND answered = 1", (day,)).fetchone()[0]


def mark_answered(connection: Connection, channel: str, sender: str, day: str) -> None:
    connection.execute(
        "UPDATE strangers SET answered = 1 WHERE channel = ? AND sender = ? AND day = ?", (channel, sender, day)
    )
