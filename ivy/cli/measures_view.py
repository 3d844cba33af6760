"""How quick and how sure Ivy was, as `ivy status` prints it, against the plan's targets. May import: the store, frame, moments."""

from ivy.cli import frame
from ivy.cli.moments import shown
from ivy.store.measures import TARGETS_MS, TOOL_TARGETS, Measures, ToolSuccess

TARGETS = " / ".join(f"{target / 1000:.0f}" for target in TARGETS_MS)


def show(found: Measures) -> None:
    """Print the latencies by role, and the tools' success, of the last days."""
    if found.roles:
        rows = [
            [
                each.role,
                str(each.calls),
                seconds(each.p50_ms),
                seconds(each.p95_ms),
                str(each.replies or "·"),
                seconds(each.reply_p50_ms),
                seconds(each.reply_p95_ms),
                met(each.reply_p95_ms if each.replies else each.p95_ms),
            ]
            for each in found.roles
        ]
        title = f"Latency since {shown(found.since)} UTC (targets {TARGETS} s)"
        columns = ["role", "calls", "model p50", "p95", "replies", "message to reply p50", "p95", "p95 is under"]
        frame.table(title, columns, rows)
    if found.tools.done or found.tools.faults or found.tools.refused:
        frame.say(tools(found.tools))


def seconds(ms: int | None) -> str:
    return "·" if ms is None else f"{ms / 1000:.1f} s"


def met(ms: int | None) -> str:
    """Return the strictest target that a latency meets."""
    if ms is None:
        return "·"
    under = [target for target in TARGETS_MS if ms < target]
    return f"{min(under) / 1000:.0f} s" if under else "none"


def tools(found: ToolSuccess) -> str:
    """Say how many tool calls succeeded of those that could, those that said no to what they were asked apart."""
    targets = " / ".join(f"{target:.0%}" for target in TOOL_TARGETS)
    rate = "none was called" if found.rate is None else f"{found.rate:.1%} did their work (targets {targets})"
    return f"Tools: {rate}: {found.done} done, {found.faults} broke; {found.refused} said no to what they were asked."
