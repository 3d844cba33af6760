"""How quick and how sure Ivy was, as `ivy status` says it, against the plan's targets. May import: the store."""

from ivy.store.measures import TARGETS_MS, TOOL_TARGETS, Measures, RoleLatency, ToolSuccess

TARGETS = " / ".join(f"{target / 1000:.0f}" for target in TARGETS_MS)


def in_lines(found: Measures) -> list[str]:
    """Return the latencies by role, and the tools' success, of the last days."""
    lines = [_role(each) for each in found.roles]
    if lines:
        lines.insert(0, f"in 7 days, half and 19 of 20 (targets {TARGETS} s):")
    if found.tools.done or found.tools.faults or found.tools.refused:
        lines.append(tools(found.tools))
    if found.out_of_scope:
        lines.append(f"asked for something Ivy is not for: {found.out_of_scope} ×, each told so")
    return lines or ["nothing was asked of a model in 7 days"]


def _role(each: RoleLatency) -> str:
    calls = f"{each.role}: {seconds(each.p50_ms)} and {seconds(each.p95_ms)} a call ({each.calls})"
    if not each.replies:
        return f"{calls}, under {met(each.p95_ms)}"
    reply = f"{seconds(each.reply_p50_ms)} and {seconds(each.reply_p95_ms)} from message to reply ({each.replies})"
    return f"{calls}, {reply}, under {met(each.reply_p95_ms)}"


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
    return f"tools: {rate}: {found.done} done, {found.faults} broke; {found.refused} said no to what they were asked"
