"""The agent platform's files, by the same narrow door as those of the Cloud API. May import: ports and below.

The two differ in their addresses alone: what a file is, what it may weigh and where it may come from is the door's.
"""

from collections.abc import Mapping
from typing import IO

from ivy.adapters.whatsapp_solo.client import Agent


class FileDesk:
    """Where files are looked up and handed over, as `MediaDoor` asks for it."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:  # noqa: ARG002 (no number to name)
        return await self._agent.get("look up", f"media/{path}")

    async def post_file(
        self,
        path: str,  # noqa: ARG002
        fields: Mapping[str, str],
        *,
        name: str,
        content: bytes | IO[bytes],
        mime: str,
    ) -> bytes:
        return await self._agent.post_file(fields, name=name, content=content, mime=mime)
