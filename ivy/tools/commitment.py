"""What the person holds themself to: workouts a week, from when one counts, what a part gives, and the lock on all of it.

May import: the store and below. Each is theirs to change; a day that is settled stays as it was judged.
"""

from typing import Annotated, Literal

import msgspec

from ivy.domain.easing import Part
from ivy.domain.giving import PartialGives
from ivy.domain.money import Money
from ivy.domain.onboarding import read_count
from ivy.domain.schedule import local_date
from ivy.domain.workouts import LONGEST_MINIMUM
from ivy.store import commitments, easings, people, wallets, workout_rules
from ivy.store.easings import Easing
from ivy.store.scope import Scope
from ivy.tools import easing, said
from ivy.tools.giving import LEFT_ASIDE
from ivy.tools.registry import Effect, ScopedRead, ScopedWrite, TurnContext, tool

_GIVES = {
    "nothing": PartialGives.NONE,
    "share": PartialGives.PRO_RATA,
    "whole": PartialGives.FULL,
}
_PART_SAYS = {
    PartialGives.NONE: ("one done in part gives nothing", "uno hecho en parte no da nada"),
    PartialGives.PRO_RATA: (
        "one done in part gives its share of the amount",
        "uno hecho en parte da la parte que le toca",
    ),
    PartialGives.FULL: (
        "one done in part gives the whole amount from that length on, and nothing below",
        "uno hecho en parte da todo desde esa duración, y nada por debajo",
    ),
}


class ChangeCommitment(msgspec.Struct, frozen=True):
    minimum: Annotated[
        str, msgspec.Meta(description="From how long a workout counts, in their words: '15 minutes', 'media hora'.")
    ] = ""
    part_gives: Annotated[
        Literal["as_now", "nothing", "share", "whole"],
        msgspec.Meta(
            description="What a workout done in part pledges: nothing; its share; or the whole once it is long enough."
        ),
    ] = "as_now"
    sessions: Annotated[
        str, msgspec.Meta(description="How many workouts a week they aim at, in their words: '4', 'three'.")
    ] = ""


@tool(
    effect=Effect.LOCAL,
    undo="change_commitment",
    examples={
        "count a workout from 15 minutes": {"minimum": "15 minutes"},
        "a short workout should still give its share": {"part_gives": "share"},
        "a partial workout should give nothing": {"part_gives": "nothing"},
        "I want to aim at 4 workouts a week": {"sessions": "4"},
        "que un entrenamiento cuente desde 20 minutos": {"minimum": "20 minutos"},
        "un entrenamiento corto debe dar su parte": {"part_gives": "share"},
        "cambia mi meta a 3 entrenamientos por semana": {"sessions": "3"},
    },
)
def change_commitment(args: ChangeCommitment, turn: TurnContext) -> ScopedWrite:
    """Change how many workouts a week the person aims at, from how long one counts, or what one done in part gives."""

    def write(scope: Scope) -> str:
        minutes = _minimum(turn, args.minimum) if args.minimum.strip() else None
        sessions = _sessions(turn, args.sessions) if args.sessions.strip() else None
        gives = _GIVES.get(args.part_gives)
        about = {Part.MINIMUM: minutes, Part.SESSIONS: sessions, Part.PART_GIVES: gives}
        if not any(value is not None for value in about.values()):
            raise said.refuse(turn, "What should change, and to what?", "¿Qué debe cambiar, y a qué?")

        def change() -> str:
            if minutes is not None:
                people.set_minimum(scope, minutes)
            if gives is not None:
                wallets.set_partial(scope, gives)
            if minutes is not None or gives is not None:
                workout_rules.keep(scope, now=turn.now)
            if sessions is not None:
                people.set_week(scope, sessions)
            return _told(scope, turn, minutes, gives, sessions)

        parts = frozenset(part for part, value in about.items() if value is not None)
        return easing.or_later(scope, turn, "change_commitment", args, parts, change)

    return write


def _minimum(turn: TurnContext, words: str) -> int:
    minutes = round(said.duration(words).total_seconds() / 60)
    if not 1 <= minutes <= LONGEST_MINIMUM:
        raise said.refuse(
            turn,
            f"A workout can count from 1 to {LONGEST_MINIMUM} minutes.",
            f"Un entrenamiento puede contar desde 1 hasta {LONGEST_MINIMUM} minutos.",
        )
    return minutes


def _sessions(turn: TurnContext, words: str) -> int:
    sessions = read_count(words)
    if not sessions:
        raise said.refuse(
            turn, "How many workouts a week, from 1 to 14?", "¿Cuántos entrenamientos por semana, de 1 a 14?"
        )
    return sessions


def _told(
    scope: Scope, turn: TurnContext, minutes: int | None, gives: PartialGives | None, sessions: int | None
) -> str:
    """Say what holds from now on, and that what is over stays."""
    parts = [_week(turn, sessions)] if sessions is not None else []
    judged = [_counts(turn, minutes)] if minutes is not None else []
    judged += [said.tell(turn, *_PART_SAYS[gives])] if gives is not None else []
    done = said.tell(turn, "Done: ", "Hecho: ") + "; ".join([*parts, *judged]) + "."
    if judged:
        done += said.tell(turn, " That holds from the next workout on.", " Vale desde el próximo entrenamiento.")
    if gives is not None and wallets.load(scope) is None:
        done += said.tell(turn, " So far workouts give nothing.", " Por ahora los entrenamientos no dan nada.")
    return done


def _week(turn: TurnContext, sessions: int) -> str:
    return said.tell(
        turn,
        f"{sessions} workout{'s' * (sessions != 1)} a week",
        f"{sessions} entrenamiento{'s' * (sessions != 1)} por semana",
    )


def _counts(turn: TurnContext, minutes: int) -> str:
    return said.tell(
        turn,
        f"a workout counts from {minutes} minute{'s' * (minutes != 1)}",
        f"un entrenamiento cuenta desde {minutes} minuto{'s' * (minutes != 1)}",
    )


# --- the lock ----------------------------------------------------------------------------------------


class LockPlan(msgspec.Struct, frozen=True):
    what: Annotated[
        Literal["lock", "unlock", "keep"],
        msgspec.Meta(description="keep: call off a change that was asked for and waits."),
    ] = "lock"


@tool(
    effect=Effect.LOCAL,
    undo="lock_plan",
    examples={
        "lock my plan": {"what": "lock"},
        "unlock my plan": {"what": "unlock"},
        "keep my plan": {"what": "keep"},
        "bloquea mi plan": {"what": "lock"},
        "pon candado a mi plan": {"what": "lock"},
        "quita el candado de mi plan": {"what": "unlock"},
        "deja mi plan como está": {"what": "keep"},
    },
)
def lock_plan(args: LockPlan, turn: TurnContext) -> ScopedWrite:
    """Lock the plan, so that what makes it easier waits for the next planning day; unlock it; or call off what waits."""

    def write(scope: Scope) -> str:
        match args.what:
            case "keep":
                return keep(scope, turn)
            case "lock":
                return easing.or_later(scope, turn, "lock_plan", args, _LOCK, lambda: _lock(scope, turn))
            case "unlock":
                return easing.or_later(scope, turn, "lock_plan", args, _LOCK, lambda: _unlock(scope, turn))

    return write


_LOCK = frozenset({Part.LOCK})


def _lock(scope: Scope, turn: TurnContext) -> str:
    if not commitments.is_locked(scope):
        commitments.lock(scope, turn.now)
    return said.tell(
        turn,
        "The plan is locked: what makes it easier begins on the next planning day, what makes it harder at once. Stop, pause,"
        " rest and quiet hours always work at once.",
        "El plan queda con candado: lo que lo haga más fácil empieza el próximo día de planeación, lo que lo haga más exigente"
        " enseguida. Parar, pausar, descansar y las horas de silencio funcionan siempre al instante.",
    )


def _unlock(scope: Scope, turn: TurnContext) -> str:
    if not commitments.is_locked(scope):
        return said.tell(turn, "The plan is not locked.", "El plan no tiene candado.")
    commitments.lock(scope, None)
    return said.tell(
        turn,
        "The lock is off: from now on all changes at once.",
        "Sin candado: desde ahora todo cambia enseguida.",
    )


def keep(scope: Scope, turn: TurnContext) -> str:
    """Call off all that waits to make the plan easier; return what is said."""
    if easings.call_off(scope, Part, now=turn.now):
        return said.tell(turn, "Called off: the plan stays as it is.", "Cancelado: el plan sigue como está.")
    return said.tell(turn, "No change is waiting.", "No hay ningún cambio en espera.")


# --- how it stands -----------------------------------------------------------------------------------


class ShowCommitment(msgspec.Struct, frozen=True):
    pass


@tool(
    effect=Effect.READ,
    examples={
        "show my plan settings": {},
        "my settings": {},
        "muestra los ajustes de mi plan": {},
        "qué ajustes tiene mi plan": {},
    },
)
def show_commitment(args: ShowCommitment, turn: TurnContext) -> ScopedRead:  # noqa: ARG001 - tools have their arguments
    """Tell the settings of the person's plan: workouts a week, from when one counts, gifts, the lock, changes that wait."""

    def read(scope: Scope) -> str:
        if turn.person.is_cared_for:
            return said.tell(turn, *LEFT_ASIDE)
        now = commitments.of(scope)
        goal = people.load(scope).goal
        lines = [said.tell(turn, f"the goal: {goal}", f"el objetivo: {goal}")] if goal else []
        lines += [_week(turn, now.sessions), _counts(turn, now.minimum_minutes)]
        if now.gift is not None:
            lines += [_gift(turn, now.gift), said.tell(turn, *_PART_SAYS[now.part_gives])]
        lines.append(
            said.tell(turn, "the plan is locked", "el plan tiene candado")
            if now.locked
            else said.tell(turn, "the plan is not locked", "el plan no tiene candado")
        )
        lines += [_waits(turn, each) for each in easings.waiting(scope)]
        return "\n".join(f"- {line}" for line in lines)

    return read


def _gift(turn: TurnContext, gift: Money) -> str:
    amount = said.say_money(turn, gift)
    return said.tell(turn, f"a kept workout pledges {amount}", f"un entrenamiento cumplido promete {amount}")


_PARTS = {
    Part.SESSIONS: ("fewer workouts a week", "menos entrenamientos por semana"),
    Part.MINIMUM: ("a shorter minimum", "un mínimo más corto"),
    Part.PART_GIVES: ("less for a part", "menos por una parte"),
    Part.GIFT: ("a smaller gift", "una donación más pequeña"),
    Part.CONTACTS: ("fewer contacts", "menos contactos"),
    Part.LATER: ("a later contact", "un contacto más tarde"),
    Part.LOCK: ("no lock", "sin candado"),
}


def _waits(turn: TurnContext, waiting: Easing) -> str:
    day = said.say_day(turn, local_date(waiting.due_at, turn.person.zone))
    what = ", ".join(said.tell(turn, *_PARTS[part]) for part in Part if part in waiting.parts)
    return said.tell(turn, f"from {day}: {what}", f"desde el {day}: {what}")


TOOLS = (change_commitment, lock_plan, show_commitment)
