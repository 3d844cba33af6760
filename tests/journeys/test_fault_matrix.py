"""Every fault of a model, of each role, before and after a tool: one answer in the turn's time, tools once, an exact ledger."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from inspect import isfunction
from itertools import product
from typing import Any, get_args

import pytest
import trio
from trio.testing import MockClock

from ivy.config import Config, SpendSection, ToolsSection, TurnsSection
from ivy.config.sections import FactsSection
from ivy.domain.pricing import cost_micros
from ivy.domain.providers import ROLES
from ivy.domain.sentences import ENGLISH, Say
from ivy.emulators import faults, model_faults
from ivy.emulators.brain import Brain, BrainInput, BrainOutput
from ivy.emulators.faults import Slow
from ivy.emulators.model_fault_list import EVERY, NEVER, Case, Then
from ivy.emulators.model_faults import ModelFault, slow
from ivy.ports import UnitPrices, Usage
from ivy.store import breakers, dependencies, switches
from ivy.store.binding import Connection
from ivy.tools.registry import Registry, families
from tests.journeys.play import Lives, Play, plain
from tests.models import CHEAP, FALLBACK, PRIMARY

SPENT = "I spent $50 on lunch"
DEADLINE = TurnsSection().seconds
MODELS = {"primary": PRIMARY, "fallback": FALLBACK, "cheap": CHEAP}
NAMES = {role: f"{'openai' if role == 'fallback' else 'anthropic'}/{model}" for role, model in MODELS.items()}
OTHERS = tuple(name for name in Registry(families()).tools if "expense" not in name)
"""Tools that nobody needs here: what is not asked for a thousand times need not be encoded so often."""
ROOMY = Config(
    tools=ToolsSection(disabled=OTHERS),
    spend=SpendSection(daily_cap_usd=1e6, monthly_cap_usd=1e6),
    facts=FactsSection(notice=False),
)


@dataclass(frozen=True)
class Cell:
    """One field of the matrix: `name` is the fault's, `role` whose model meets it, at its first call or after the tool."""

    name: str
    role: str
    after_a_tool: bool
    number: int

    @property
    def case(self) -> Case:
        return EVERY[self.name]

    @property
    def phone(self) -> str:
        return f"+1202556{self.number:04}"

    @property
    def is_answered(self) -> bool:
        return self.case.then in (Then.ANSWERED, Then.AGAIN)

    @property
    def someone_is_left(self) -> bool:
        """Say whether another model may be asked: those before a role are held open, so that it is the first."""
        return self.role != ROLES[-1]


def cells() -> Iterator[Cell]:
    every = product(EVERY, ROLES, (False, True))
    return (Cell(name, role, later, number) for number, (name, role, later) in enumerate(every))


@dataclass
class Mouth:
    """Says once what a fault has a model say: the first time it is asked, or the second."""

    coming: list[BrainOutput | None] = field(default_factory=list[BrainOutput | None])

    def speak(self, _given: BrainInput) -> BrainOutput | None:
        return self.coming.pop(0) if self.coming else None


class Matrix:
    """One world in which the fields are tried one after the other, each with a person of its own."""

    def __init__(self, play: Play, mouth: Mouth) -> None:
        self.play = play
        self.mouth = mouth

    async def run(self, cell: Cell) -> None:
        await self.play.world.store.write(self._only_from, cell.role)
        await self.play.knows(cell.phone, name="Eve")
        self._arm(cell)
        asked, began = self._asked(), self.play.now
        await self.play.says(SPENT, cell.phone)
        await self.play.hears(1, cell.phone, within=DEADLINE + 5)
        first = (self.play.now - began).total_seconds()
        assert first <= DEADLINE + 5, f"the first word came after {first:.0f} s"
        if cell.case.then is Then.MEND and not cell.someone_is_left:
            await trio.sleep(1)
            await self.play.world.store.write(self._mended)
        await self._settled(cell)
        self._check_heard(cell)
        await self._check_tools(cell)
        await self._check_ledger(cell, self._asked() - asked)

    def _only_from(self, connection: Connection, role: str) -> None:
        """Let all be well, and the models before this one's be held open, as an operator would."""
        for each in ROLES:
            before = ROLES.index(each) < ROLES.index(role)
            breakers.hold(connection, NAMES[each], "open" if before else "auto", by="a test", now=self.play.now)

    def _mended(self, connection: Connection) -> None:
        breakers.hold(connection, NAMES["cheap"], "auto", by="a test", now=self.play.now)
        dependencies.look_again(connection, (), now=self.play.now)

    def _arm(self, cell: Cell) -> None:
        vendor = NAMES[cell.role].partition("/")[0]
        match cell.case.fault:
            case BrainOutput() as said:
                self.mouth.coming = [None, said] if cell.after_a_tool else [said]
            case ModelFault() as fault:
                usual = [ModelFault()] if cell.after_a_tool else []
                getattr(self.play.world.vendors, vendor).faults.add(*usual, fault)
            case fault:
                script = self.play.world.vendors.faults[vendor]
                if cell.after_a_tool:
                    script.add(Slow(0))
                script.add(fault)

    def _asked(self) -> int:
        vendors = self.play.world.vendors
        return sum("embeddings" not in each.path for each in (*vendors.anthropic.requests, *vendors.openai.requests))

    async def _settled(self, cell: Cell) -> None:
        open_jobs = (
            "SELECT count(*) FROM jobs WHERE user_id = ? AND state IN ('ready', 'leased') AND kind IN ('turn', 'send')"
        )
        with trio.fail_after(600):
            while await self.play.one(open_jobs, self.play.ids[cell.phone]):
                await trio.sleep(2)

    def _check_heard(self, cell: Cell) -> None:
        heard = self.play.heard(cell.phone)
        sorry = ENGLISH[Say.MODELS_DOWN]
        answers = [text for text in heard if text != sorry]
        assert len(answers) == 1, heard
        assert plain(answers), answers
        may_be_sorry = not cell.someone_is_left and not cell.is_answered and cell.case.then is not Then.REFUSED
        assert heard.count(sorry) == (1 if may_be_sorry else 0), heard
        if cell.case.then is Then.REFUSED:
            assert answers == [ENGLISH[Say.TURN_FAILED]]
        elif not isinstance(cell.case.fault, BrainOutput):
            assert "50.00" in answers[0]

    async def _check_tools(self, cell: Cell) -> None:
        user = self.play.ids[cell.phone]
        ran = await self.play.one("SELECT count(*) FROM tool_executions WHERE user_id = ? AND status = 'done'", user)
        kept = await self.play.one("SELECT count(*) FROM expenses WHERE user_id = ?", user)
        assert ran == kept
        if cell.after_a_tool:
            assert ran == 1
        elif cell.case.then is Then.REFUSED:
            assert ran == 0
        else:
            assert ran == 1 or isinstance(cell.case.fault, BrainOutput)
            assert ran <= 1
        assert await self.play.one("SELECT count(*) FROM turns WHERE user_id = ? AND state = 'open'", user) == 0

    async def _check_ledger(self, cell: Cell, asked: int) -> None:
        rows = await self.play.rows(
            "SELECT u.*, l.amount_micros, l.state AS booked FROM ai_usage u LEFT JOIN cost_ledger l ON l.id = u.id"
            " WHERE u.user_id = ? ORDER BY u.rowid",
            self.play.ids[cell.phone],
        )
        assert len(rows) == asked + (0 if cell.case.is_heard else 1), [row["status"] for row in rows]
        assert {row["booked"] for row in rows} == {"settled"}
        for row in rows:
            match row["status"]:
                case "done":
                    assert row["amount_micros"] == cost_of(row) > 0
                case "failed":
                    assert row["amount_micros"] == 0
                case unheard:
                    assert unheard == "unknown"
                    assert row["amount_micros"] > 0
        failed = [row["status"] for row in rows if row["status"] != "done"]
        expected = {Then.ANSWERED: [], Then.UNHEARD: ["unknown"]}.get(cell.case.then, ["failed"])
        assert failed == expected, failed
        model = [row["model"] for row in rows if row["status"] != "done"]
        assert model == [MODELS[cell.role]] * len(model)


def cost_of(row: dict[str, Any]) -> int:
    """Reckon a call anew, by its tokens and the prices that stand beside them."""
    prices = UnitPrices(
        row["input_price"], row["output_price"], row["cache_read_price"], row["cache_write_price"], source=""
    )
    used = Usage(row["input_tokens"], row["output_tokens"], row["cache_read_tokens"], row["cache_write_tokens"])
    return cost_micros(used, prices)


def test_no_fault_of_the_line_is_missing_from_the_list() -> None:
    tried = {type(case.fault) for case in EVERY.values()}
    assert set(get_args(faults.Fault)) <= tried
    assert {case.then for case in EVERY.values()} == set(Then)


def test_no_bad_answer_of_a_vendor_is_missing_from_the_list() -> None:
    tried = [case.fault for case in EVERY.values()]
    made = [
        each for each in vars(model_faults).values() if isfunction(each) and each.__module__ == model_faults.__name__
    ]
    assert made
    assert [each for each in made if (each(NEVER) if each is slow else each()) not in tried] == []


@pytest.mark.uncounted
@pytest.mark.parametrize("role", ROLES)
async def test_each_fault_at_each_moment_ends_in_one_answer(lives: Lives, autojump_clock: MockClock, role: str) -> None:
    mouth = Mouth()
    brain = Brain(Registry(families(), disabled=OTHERS).examples(), scripted=mouth.speak)
    wrong: list[str] = []
    async with lives(config=ROOMY, brain=brain) as play:
        matrix = Matrix(play, mouth)
        await play.world.store.write(switches.set_value, "memory", "off", by="a test", now=play.now)
        for cell in cells():
            if cell.role != role:
                continue
            try:
                await matrix.run(cell)
            except (AssertionError, trio.TooSlowError) as error:
                moment = "after a tool" if cell.after_a_tool else "at the first call"
                wrong.append(f"{cell.name} of the {cell.role} model, {moment}: {error!r}")
        assert await play.one("SELECT count(*) FROM task_crashes") == 0
    assert not wrong, "\n".join(wrong)
