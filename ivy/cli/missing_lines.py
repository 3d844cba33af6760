"""What `ivy init` lets its operator paste into an ivy.toml that is there already. May import: first_configuration.

Each group begins with a comment that says where it goes: TOML takes no heading twice, and no key twice below one.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from ivy.cli.first_configuration import ITEMS, SWITCHED_ON_BY, model_lines
from ivy.config import Config, getattr_path


def lines_to_paste(answers: Mapping[str, str], text: str, config: Config) -> str:
    """Return the lines that an ivy.toml lacks, in groups. `text` is the file, `config` what it (and the shell) says."""
    there, headings = tomllib.loads(text), _headings(text)
    known, new = list[str](), list[str]()
    for section in dict.fromkeys(item.section for item in ITEMS if item.key in answers):
        values, table = _values(section, answers, config), _table(there, section)
        if section in headings:
            known += _placed(f"below [{section}]", "", values, table)
        elif table:
            known += _placed(f"beside what it says of {section}", f"{section}.", values, table)
        else:
            new += [f"[{section}]", *model_lines(section), *_assigned(values)]
    return "\n".join([*known, *(["# at the end of the file:"] if known and new else []), *new])


def _values(section: str, answers: Mapping[str, str], config: Config) -> dict[str, str | bool]:
    given: dict[str, str | bool] = {
        item.name: answers[item.key] for item in ITEMS if item.section == section and item.key in answers
    }
    return {"enabled": True, **given} if _goes_on(section, answers, config) else given


def _goes_on(section: str, answers: Mapping[str, str], config: Config) -> bool:
    """Say whether these answers are the last that a section which is off was waiting for."""
    needed = [item for item in ITEMS if item.key in SWITCHED_ON_BY.get(section, ())]
    if not any(item.key in answers for item in needed) or getattr_path(config, f"{section}.enabled"):
        return False
    return all(item.key in answers or getattr_path(config, item.value_key) for item in needed)


def _headings(text: str) -> set[str]:
    """Return the tables that a file has a heading for, by dotted name."""
    found = (re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line) for line in text.splitlines())
    return {re.sub(r"[\s\"']", "", each[1]) for each in found if each}


def _table(there: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    """Return what a file says of a section, with or without a heading."""
    found: Any = there
    for name in section.split("."):
        found = found.get(name, {})
    return found


def _placed(where: str, prefix: str, values: Mapping[str, str | bool], table: Mapping[str, Any]) -> list[str]:
    """Return a group for a section that is there; a key that is there, too, stands for itself: it is to be replaced."""
    added = {f"{prefix}{key}": value for key, value in values.items() if key not in table}
    lines = [f"# {where}:", *_assigned(added)] if added else []
    for key in [key for key in values if key in table]:
        lines += [f"# {where}, instead of its {key}:", *_assigned({f"{prefix}{key}": values[key]})]
    return lines


def _assigned(values: Mapping[str, str | bool]) -> list[str]:
    return [f"{key} = {json.dumps(value)}" for key, value in values.items()]
