"""What a call told and no function of it wrote down: written after it, or asked about where it is not sure.

May import: the store and below. The same tools write it as in the call and in the chat.
"""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from ivy.agent import call_verdicts, questions
from ivy.agent.acting import by_tap, tools_of
from ivy.agent.desk import Desk
from ivy.agent.questions import Asking, Heard
from ivy.domain import birthdays, if_then
from ivy.domain.calls import Report
from ivy.domain.extraction import Missing, What, what_is_missing
from ivy.domain.schedule import local_date
from ivy.domain.sentences import Say, say
from ivy.domain.workouts import WorkoutState
from ivy.ports import ToolCall
from ivy.store import tool_executions, workouts
from ivy.store.calls import Call
from ivy.store.pending_actions import Pending
from ivy.store.people import Person
from ivy.store.scope import Scope
from ivy.tools.executor import Place, execute_within
from ivy.tools.registry import TurnContext

QUESTION = "call_note"
LASTS = timedelta(hours=24)
YES, NO = "yes", "no"
TOOLS: Mapping[WorkoutState, str] = {WorkoutState.SKIPPED: "skip_workout", WorkoutState.REST: "rest_day"}
"""What writes down how a workout went; `log_workout` where it went at all."""


def turn_of(call: Call) -> str:
    """Return the name under which the functions of a call are kept."""
    return f"call:{call.id}"


def write(scope: Scope, person: Person, call: Call, report: Report, desk: Desk) -> None:
    """Write down what is certain, and say so in one message; ask about the first thing that is not."""
    ran = tool_executions.done_in(scope, turn_of(call))
    found = what_is_missing(call.kind, report, ran=ran, day=call.day, language=person.language)
    missing = [each for each in found if _can_be_written(each, person, call, desk)]
    before = workouts.of_day(scope, call.day)
    told = [_run(scope, person, call, _tool_call(each, call, person), desk) for each in missing if each.certain]
    if person.status == "stopped":  # it is written down, and nothing is said or asked
        return
    if said := [words for words in told if words]:
        noted = " ".join((say(Say.CALL_NOTED, person.speech), *said))
        call_verdicts.tell(scope, person, call, noted, before, desk)
    call_verdicts.tell_what_costs(scope, person, call, ran, desk)
    for unsure in [each for each in missing if not each.certain][:1]:
        _ask(scope, person, call, unsure, desk)


def _can_be_written(missing: Missing, person: Person, call: Call, desk: Desk) -> bool:
    """Say whether it is still worth writing down: its tool is on, and a plan's day is not over."""
    is_over = missing.plan is not None and missing.plan.day < local_date(desk.now, person.zone)
    return not is_over and _tool_call(missing, call, person).tool in tools_of(desk).tools


def _run(scope: Scope, person: Person, call: Call, asked: ToolCall, desk: Desk) -> str:
    """Let a tool write; return what it says, or "" where it could not."""
    turn = TurnContext(
        person,
        desk.now,
        desk.new_id,
        call.trace_id,
        source="call",
        turn_id=turn_of(call),
        giving=desk.config.giving,
        experiments=desk.config.experiments,
    )
    result = execute_within(scope, tools_of(desk), asked, Place(f"{turn_of(call)}:notes", 0, 0), turn)
    return "" if result.failed else result.content


def _tool_call(missing: Missing, call: Call, person: Person) -> ToolCall:
    tool = "record_scores"
    arguments: dict[str, str | bool] = {name: str(score) for name, score in missing.scores}
    if missing.what is What.PLAN and missing.plan is not None:
        plan = missing.plan
        tool = "save_plan"
        arguments = {
            "kind": plan.workout,
            "time": plan.time,
            "place": plan.place,
            "barrier": plan.barrier,
            "small_version": plan.small_version,
            "when": plan.day.isoformat(),
        }
    elif missing.what is What.WORKOUT and missing.done is not None:
        tool = TOOLS.get(missing.done, "log_workout")
        how = _how_it_went(missing) if tool == "log_workout" else {}
        arguments = {**how, "day": call.day.isoformat()}  # the report may come after midnight
    elif missing.what is What.BIRTHDAY:
        tool = "remember"
        found = birthdays.read(missing.birthday, person.locale, call.day)
        arguments = {
            "text": birthdays.sentence(found, person.locale) if found else missing.birthday,
            "kind": "birthday",
        }
    return ToolCall("", tool, msgspec.json.encode(arguments).decode())


def _how_it_went(missing: Missing) -> dict[str, str | bool]:
    told: dict[str, str | bool] = {"duration": f"{missing.minutes} minutes"} if missing.minutes else {}
    return {**told, "partial": True} if missing.done is WorkoutState.PARTIAL else told


def _ask(scope: Scope, person: Person, call: Call, unsure: Missing, desk: Desk) -> None:
    options = ((YES, say(Say.OPTION_YES, person.speech)), (NO, say(Say.OPTION_NO, person.speech)))
    asked = _tool_call(unsure, call, person)
    payload = {"call": call.id, "tool": asked.tool, "arguments": asked.arguments}
    if unsure.plan is not None:
        payload["day"] = unsure.plan.day.isoformat()
    text = say(Say.CALL_UNSURE, person.speech, what=_in_words(unsure, person))
    questions.ask(scope, person, Asking(QUESTION, text, options, LASTS, payload, up=YES, down=NO), desk)


def _in_words(unsure: Missing, person: Person) -> str:
    if unsure.plan is not None:
        return if_then.sentence(unsure.plan, person.language)
    if unsure.done is not None:
        key = {WorkoutState.SKIPPED: Say.OPTION_NOT_TODAY, WorkoutState.PARTIAL: Say.OPTION_PART}
        return say(key.get(unsure.done, Say.OPTION_DONE), person.speech)
    return ", ".join(f"{name} {score}" for name, score in unsure.scores)


def answered(scope: Scope, person: Person, pending: Pending, option: str, _heard: Heard, desk: Desk) -> bool:
    """Write it down if that is what they said; else ask them to say it in their own words."""
    asked = ToolCall("", str(pending.payload["tool"]), str(pending.payload["arguments"]))
    is_over = str(pending.payload.get("day", "9")) < local_date(desk.now, person.zone).isoformat()
    if option == YES and (is_over or asked.tool not in tools_of(desk).tools):
        desk.tell(scope, person, Say.TAP_EXPIRED)
    elif option == YES:
        turn = by_tap(person, desk, pending.id)
        result = execute_within(scope, tools_of(desk), asked, Place(pending.id, 0, 0), turn)
        desk.write(scope, result.content)
    else:
        desk.tell(scope, person, Say.CALL_NOT_SO)
    return True
