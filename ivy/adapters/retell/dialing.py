"""The request that places a call. May import: ports and below. Source: Retell, "Create phone call"; reference voice.md 1.1."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from ivy.adapters.retell.directory import Pinned
from ivy.adapters.retell.reports import HANG_UP, MAILBOX, MESSAGE, OUR_ID, USER_ID, VENDOR
from ivy.errors import VendorRefused
from ivy.ports import Dial

LOCAL = "local"
"""The code of what was refused before it left."""
SHORTEST_SECONDS, LONGEST_SECONDS = 60, 7200
"""What Retell takes as the longest a call may last."""
PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


def check(call: Dial, needs: Collection[str] = ()) -> None:
    """Raise VendorRefused for a call that Retell would refuse, or that would speak the name of a variable aloud."""
    if not call.our_id:
        raise VendorRefused(
            VENDOR, "the call has no id of ours: a repetition could not be told from a new call", code=LOCAL
        )
    if not PHONE.fullmatch(call.to):
        raise VendorRefused(VENDOR, "the phone is not in E.164", code=LOCAL)
    check_variables(call.variables)
    if lacking := sorted(set(needs) - call.variables.keys()):
        raise VendorRefused(VENDOR, f"the call lacks {', '.join(lacking)}", code=LOCAL)


def check_variables(variables: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables, all of them text: Retell refuses numbers. Raises: VendorRefused."""
    if wrong := sorted(str(name) for name, value in variables.items() if not isinstance(value, str)):
        raise VendorRefused(VENDOR, f"{', '.join(wrong)} is not text", code=LOCAL)
    return dict(variables)


def body(call: Dial, agent: Pinned, *, number: str, store: str) -> dict[str, Any]:
    """Return the request for one call; asked for again within the hour, it makes no second one."""
    return {
        "from_number": number,
        "to_number": call.to,
        "idempotency_key": call.our_id,
        "override_agent_id": agent.agent_id,
        "override_agent_version": agent.version,  # without it a half-edited draft may speak
        "metadata": {OUR_ID: call.our_id, USER_ID: call.user_id, MAILBOX: MESSAGE if call.voicemail else HANG_UP},
        "retell_llm_dynamic_variables": check_variables(call.variables),
        "agent_override": {
            "agent": {
                "max_call_duration_ms": longest_ms(call.longest_seconds),
                "voicemail_option": voicemail_option(call.voicemail),
                "data_storage_setting": store,
            }
        },
    }


def longest_ms(seconds: int) -> int:
    return 1000 * min(max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS)


def voicemail_option(message: str) -> dict[str, Any]:
    """Return what happens at a mailbox: these words are left, or it hangs up."""
    return {"action": {"type": "static_text", "text": message} if message else {"type": "hangup"}}
