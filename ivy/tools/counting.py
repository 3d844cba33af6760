"""Which currency the person counts in. May import: the store and below."""

from typing import Annotated

import msgspec

from ivy.domain import own_currency
from ivy.domain.easing import Part
from ivy.store import counting, easings, people, wallets
from ivy.store.scope import Scope
from ivy.tools import said
from ivy.tools.registry import Effect, ScopedWrite, TurnContext, tool


class ChangeCurrency(msgspec.Struct, frozen=True):
    money: Annotated[
        str, msgspec.Meta(description="The money as the person calls it: 'euros', 'pesos colombianos', 'GBP'.")
    ]


@tool(
    effect=Effect.LOCAL,
    undo="change_currency",
    examples={
        "count my money in euros": {"money": "euros"},
        "my currency is GBP": {"money": "GBP"},
        "change my currency to Mexican pesos": {"money": "Mexican pesos"},
        "desde hoy cuenta en pesos colombianos": {"money": "pesos colombianos"},
        "desde hoy mi moneda es el euro": {"money": "euro"},
        "cambia mi moneda a dólares": {"money": "dólares"},
    },
)
def change_currency(args: ChangeCurrency, turn: TurnContext) -> ScopedWrite:
    """Count in another currency from now on, which new amounts are read in. Only when the person asks; nothing is converted."""

    def write(scope: Scope) -> str:
        person = people.load(scope)
        home = own_currency.of_number(person.phone or "") or own_currency.of_zone(person.zone)
        found = own_currency.read_currency(said.shown(args.money), own=person.currency, home=home)
        if not found:
            raise said.refuse(
                turn,
                "Which currency is that? Its three letters tell, such as USD, EUR or COP.",
                "¿Qué moneda es? Con sus tres letras queda claro, por ejemplo USD, EUR o COP.",
            )
        if found != person.currency:  # an amount that waits was said in the other money
            easings.call_off(scope, {Part.GIFT}, now=turn.now)
        counting.settle(scope, found)
        wallet = wallets.load(scope)
        if wallet is not None and wallet.currency != found:
            return said.tell(
                turn,
                f"From now on I count in {found}; what is noted keeps its currency, and your giving stays in {wallet.currency}.",
                f"Desde ahora cuento en {found}; lo anotado conserva su moneda y las donaciones siguen en {wallet.currency}.",
            )
        return said.tell(
            turn,
            f"From now on I count in {found}; what is noted keeps its currency.",
            f"Desde ahora cuento en {found}; lo anotado conserva su moneda.",
        )

    return write


TOOLS = (change_currency,)
