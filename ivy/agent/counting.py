"""The money of somebody who was let in before anything told where they live. May import: the store and below.

Once they say it, it is their country's. What they spent before that was read in what was assumed: they are asked once, in
the place of an onboarding's next question, whether they meant their own.
"""

from ivy.agent.onboarding_asking import LASTS, QUESTION, Talk
from ivy.agent.questions import Asking
from ivy.domain import places
from ivy.domain.money import format_money
from ivy.domain.own_currency import in_other, of_zone
from ivy.domain.sentences import Say
from ivy.store import counting, people

WHICH_MONEY = "money"
"""The question which money was meant, which is no step: who leaves it is asked the next one later."""


def at_home(talk: Talk, zone: str) -> str | None:
    """Let somebody count in the money of the zone they told; return what is said of it, or None if they are to be asked.

    What they, an operator or their number told stands, and so does what they have money in already.
    """
    scope, before, theirs = talk.scope, talk.person.currency, of_zone(zone)
    if not counting.is_assumed(scope) or not theirs:
        return ""
    if talk.person.language == "es":  # whose marks and signs of money were one country's of twenty
        people.set_locale(scope, f"es-{places.country_of(zone)}")
    if theirs == before:
        counting.settle(scope, theirs)
        return ""
    if counting.follow(scope, zone):
        return talk.say(Say.COUNTS_IN, currency=theirs)
    if counting.spent_in(scope, before) is None:
        counting.settle(scope, before)
        return talk.say(Say.COUNTS_STILL, currency=before, theirs=theirs)
    return None


def which_money(talk: Talk) -> Asking | None:
    """Return the question which money they meant, or None if there is nothing to ask of any more.

    Its options name what was assumed and what was meant, since either may change before one is tapped.
    """
    before, theirs = talk.person.currency, of_zone(talk.person.zone)
    spent = counting.spent_in(talk.scope, before)
    if spent is None or theirs in ("", before):
        return None
    noted, meant = (format_money(each, talk.person.locale) for each in (spent, in_other(spent, theirs)))
    options = tuple((f"{before}@{code}", talk.say(Say.OPTION_IN_MONEY, currency=code)) for code in (theirs, before))
    text, (up, down) = talk.say(Say.WHICH_MONEY, noted=noted, theirs=meant), (name for name, _title in options)
    return Asking(QUESTION, text, options, LASTS, {"step": WHICH_MONEY}, up=up, down=down)


def answered(talk: Talk, option: str) -> str:
    """Take which money they meant; return what is said to it."""
    assumed, _, meant = option.partition("@")
    if talk.person.currency != assumed:  # they said another since
        return talk.say(Say.COUNTS_IN, currency=talk.person.currency)
    spent = counting.spent_in(talk.scope, assumed)
    if meant == assumed or spent is None:  # or it was taken back meanwhile
        counting.settle(talk.scope, meant)
        return talk.say(Say.COUNTS_IN, currency=meant)
    counting.read_anew(talk.scope, assumed, meant)
    counting.settle(talk.scope, meant)
    return talk.say(
        Say.MONEY_READ_ANEW, theirs=format_money(in_other(spent, meant), talk.person.locale), currency=meant
    )
