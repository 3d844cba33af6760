"""How somebody is doing, and what their workouts give. May import: the store and below.

Money is pledged, never paid, by Ivy; where the operator has no charity nothing is given and nothing said of it.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import msgspec

from ivy.config import GivingSection
from ivy.domain import giving
from ivy.domain.easing import Part
from ivy.domain.giving import Wallet
from ivy.domain.money import Money
from ivy.domain.streaks import Streak, kept_of_last
from ivy.domain.taint import Touch
from ivy.domain.workouts import WorkoutState
from ivy.store import donations, easings, streaks, wallets, workouts
from ivy.store.donations import Pledged
from ivy.store.scope import Scope
from ivy.tools import easing, said
from ivy.tools.registry import Effect, ScopedRead, ScopedWrite, TurnContext, tool
from ivy.tools.reserve import reserve_line
from ivy.tools.workouts import giving_of

LEFT_ASIDE = (
    "I leave the counting aside for now; it can wait.",
    "Por ahora dejo las cuentas a un lado; pueden esperar.",
)
"""What somebody who is cared for hears instead of numbers to live up to."""
LOOKED_BACK = 21
"""Days."""
FEWEST = 3
"""Of fewer planned days a share says nothing."""
DONE = (WorkoutState.DONE, WorkoutState.PARTIAL)
_OWN_MONEY = "self"
GIFT = frozenset({Part.GIFT})


# --- how am I doing ----------------------------------------------------------------------------------


class ShowStats(msgspec.Struct, frozen=True):
    pass


@tool(
    effect=Effect.READ,
    examples={
        "stats": {},
        "my stats": {},
        "how am I doing": {},
        "show my streak": {},
        "mis números": {},
        "mis estadísticas": {},
        "qué tal voy": {},
        "cuánto llevo de racha": {},
    },
)
def show_stats(args: ShowStats, turn: TurnContext) -> ScopedRead:  # noqa: ARG001 - tools have their arguments
    """Tell how the person is doing: streak, days kept of the last 21, workouts this week, and what they pledged."""

    def read(scope: Scope) -> str:
        today = said.today(turn)
        if turn.person.is_cared_for:
            return " ".join(filter(None, (said.tell(turn, *LEFT_ASIDE), _week_line(scope, turn))))
        kept, planned = kept_of_last(streaks.events(scope), today, LOOKED_BACK)
        streak = streaks.current(scope)
        lines = [_streak_line(turn, streak, kept, planned)]
        lines += [reserve_line(turn, streaks.reserve_left(scope, today))] if streak.current else []
        lines.append(_week_line(scope, turn))
        lines += [_pledged_line(turn, each) for each in donations.pledged(scope, today)]
        return "\n".join(line for line in lines if line)

    return read


def _streak_line(turn: TurnContext, streak: Streak, kept: int, planned: int) -> str:
    """Say the streak and the days beside it; after a break what was kept stands first, and never a zero."""
    of_last = ""
    if kept and planned >= FEWEST:
        of_last = said.tell(
            turn, f"{kept} of the last {planned} planned days", f"{kept} de los últimos {planned} días planeados"
        )
    longest = said.tell(
        turn, f"your longest streak: {_days(turn, streak.longest)}", f"la mejor racha: {_days(turn, streak.longest)}"
    )
    if streak.current:
        now = said.tell(turn, f"Streak: {_days(turn, streak.current)}", f"Racha: {_days(turn, streak.current)}")
        parts = [now, of_last, longest if streak.longest > streak.current else ""]
    elif streak.longest:
        parts = [of_last, longest]
    else:
        parts = [said.tell(turn, "Your first workout starts your streak", "El primer entrenamiento empieza la racha")]
    sentence = "; ".join(part for part in parts if part)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _days(turn: TurnContext, number: int) -> str:
    return said.tell(turn, f"{number} day{'s' * (number != 1)}", f"{number} día{'s' * (number != 1)}")


def _week_line(scope: Scope, turn: TurnContext) -> str:
    monday = said.today(turn) - timedelta(days=said.today(turn).weekday())
    week = workouts.between(scope, monday, monday + timedelta(days=6))
    done = sum(each.state in DONE for each in week)
    ahead = sum(each.state is WorkoutState.PLANNED and each.day >= said.today(turn) for each in week)
    parts = [said.tell(turn, f"{done} done", f"{done} hecho{'s' * (done != 1)}")] if done else []
    parts += [said.tell(turn, f"{ahead} still planned", f"{ahead} por hacer")] if ahead else []
    return said.tell(turn, "This week: ", "Esta semana: ") + ", ".join(parts) + "." if parts else ""


def _pledged_line(turn: TurnContext, pledged: Pledged) -> str:
    name = giving.name_of(pledged.charity, giving_of(turn).charities)
    month, in_all = (
        said.say_money(turn, Money(amount, pledged.currency)) for amount in (pledged.month_minor, pledged.all_minor)
    )
    return said.tell(
        turn,
        f"Pledged to {name}: {month} this month, {in_all} in all.",
        f"Prometido a {name}: {month} este mes, {in_all} en total.",
    )


# --- what is given -----------------------------------------------------------------------------------


class SetGiving(msgspec.Struct, frozen=True):
    charity: Annotated[
        str, msgspec.Meta(description="To whom, by the person's words; empty: as it is, or the only one there is.")
    ] = ""
    amount: Annotated[str, msgspec.Meta(description="How much a workout gives: '2 dollars', '5000 pesos'.")] = ""
    daily_cap: Annotated[str, msgspec.Meta(description="The most a day may give, if they say so.")] = ""
    monthly_cap: Annotated[str, msgspec.Meta(description="The most a month may give, if they say so.")] = ""
    off: Annotated[bool, msgspec.Meta(description="True to give nothing from now on.")] = False


@tool(
    effect=Effect.LOCAL,
    touch=Touch.MONEY,
    undo="set_giving",
    examples={
        "give 2 dollars for each workout": {"amount": "2 dollars"},
        "give at most 5 dollars a day": {"daily_cap": "5 dollars"},
        "switch my giving off": {"off": True},
        "pon mis donaciones en 5000 pesos": {"amount": "5000 pesos"},
        "apaga mis donaciones de cada entrenamiento": {"off": True},
    },
)
def set_giving(args: SetGiving, turn: TurnContext) -> ScopedWrite:
    """Set what each kept workout pledges, to which charity and how much at most, or stop that. Nothing is paid by it."""

    def write(scope: Scope) -> str:
        section = giving_of(turn)
        before = wallets.load(scope)
        if args.off:
            easings.call_off(scope, GIFT, now=turn.now)  # to give nothing is no smaller gift: none begins a week later
            return _off(scope, turn, before)
        if not section.charities:
            return said.tell(
                turn,
                "Giving is not set up here: whoever runs Ivy has to name a charity first.",
                "Aquí no hay donaciones: quien administra Ivy tiene que nombrar antes una organización.",
            )
        wallet = _wallet(turn, args, section, before)

        def change() -> str:
            wallets.save(scope, wallet, now=turn.now)
            return _told(turn, wallet, section)

        return easing.or_later(scope, turn, "set_giving", args, GIFT, change)

    return write


def _off(scope: Scope, turn: TurnContext, before: Wallet | None) -> str:
    if before is None:
        return said.tell(turn, "Your workouts give nothing as it is.", "Los entrenamientos no dan nada por ahora.")
    wallets.remove(scope)
    return said.tell(
        turn,
        "Done: from now on your workouts give nothing. What is pledged stays pledged.",
        "Listo: desde ahora los entrenamientos no dan nada. Lo prometido sigue prometido.",
    )


def _wallet(turn: TurnContext, args: SetGiving, section: GivingSection, before: Wallet | None) -> Wallet:
    """Return the wallet as it is to be. Raises: ToolFailed."""
    words = (args.amount, args.daily_cap, args.monthly_cap)
    if before is not None and before.payer != _OWN_MONEY and any(each.strip() for each in words):
        raise said.refuse(
            turn,
            "Somebody else pays for your workouts, so the amount is theirs to set. You choose the charity.",
            "Otra persona paga los entrenamientos, así que ella fija la cantidad. La organización sí se puede elegir.",
        )
    charity = _charity(turn, args.charity, section, before)
    amount = said.money(turn, args.amount) if args.amount.strip() else None
    if amount is not None:
        wallet = giving.wallet_of(section, charity, amount.currency, amount_minor=amount.amount_minor)
    elif before is not None:
        wallet = replace(before, charity=charity)
    else:
        wallet = giving.wallet_of(section, charity, turn.person.currency)
    daily = _cap(turn, args.daily_cap, wallet.daily_cap_minor, wallet.currency)
    monthly = _cap(turn, args.monthly_cap, wallet.monthly_cap_minor, wallet.currency)
    return replace(wallet, daily_cap_minor=daily, monthly_cap_minor=monthly)


def _charity(turn: TurnContext, words: str, section: GivingSection, before: Wallet | None) -> str:
    """Return the short name of the charity that is meant. Raises: ToolFailed if that is unclear."""
    if not words.strip() and before is not None and before.charity in section.charities:
        return before.charity

    def names(short: str) -> str:
        return f"{short.replace('_', ' ')} {section.charities[short].name}"

    def shows(short: str) -> str:
        return giving.name_of(short, section.charities)

    none = ("There is no charity.", "No hay ninguna organización.")
    return said.pick(
        turn, words, sorted(section.charities), names=names, shows=shows, id_of=lambda short: short, none=none
    )


def _cap(turn: TurnContext, words: str, before: int, currency: str) -> int:
    if not words.strip():
        return before
    cap = said.money(turn, words)
    if cap.currency != currency:
        raise said.refuse(
            turn,
            f"Your giving is in {currency}. Say the cap in that.",
            f"Las donaciones son en {currency}; el tope también.",
        )
    return cap.amount_minor


def _told(turn: TurnContext, wallet: Wallet, section: GivingSection) -> str:
    amount, daily, monthly = (
        said.say_money(turn, Money(minor, wallet.currency))
        for minor in (wallet.amount_minor, wallet.daily_cap_minor, wallet.monthly_cap_minor)
    )
    name = giving.name_of(wallet.charity, section.charities)
    return said.tell(
        turn,
        f"Each kept workout pledges {amount} to {name}, at most {daily} a day and {monthly} a month.",
        f"Cada entrenamiento cumplido promete {amount} a {name}, como mucho {daily} al día y {monthly} al mes.",
    )


TOOLS = (show_stats, set_giving)
