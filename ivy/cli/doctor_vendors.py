"""What `ivy doctor` looks at of secrets and models: keys by their shape, models by their names.

May import: findings, shapes, config. Nothing it says holds a secret. Channels are in doctor_whatsapp and doctor_channels.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from ivy.cli import shapes
from ivy.cli.findings import Finding, look, missing, not_needed, ok
from ivy.config import Config, ModelSection, Secret, getattr_path

RETIRES = {
    "claude-sonnet-4-5": (date(2026, 11, 30), "claude-sonnet-5-5"),
    "gpt-4o": (date(2027, 1, 14), "gpt-6-luna"),
    "gpt-4.1": (date(2027, 1, 14), "gpt-6-luna"),
}
"""Names in old configurations, by how they begin. Source: the vendors' model lists, November 2026."""

ROLES = ("primary", "fallback", "cheap")


def secrets(config: Config, folder: Path, environment: Mapping[str, str]) -> list[Finding]:
    """Say where each secret comes from. `config.load` has refused files that others can read already."""
    found = [f"{key}_file" for key in _secret_keys(config) if getattr_path(config, f"{key}_file")]
    named = [name for name in sorted(environment) if name.startswith("IVY_") and "__" in name]
    findings = (
        [ok("secrets", f"{len(found)} in files that only their owner reads: {', '.join(found)}")] if found else []
    )
    if named:
        findings.append(ok("environment", f"sets {', '.join(named)}"))
    if (folder / "secrets").is_dir() and (mode := (folder / "secrets").stat().st_mode & 0o777) & 0o077:
        findings.append(
            look("secrets' folder", f"others can list it (mode {mode:04o})", f"chmod 700 {folder / 'secrets'}")
        )
    return findings


def _secret_keys(section: Any, prefix: str = "") -> list[str]:
    found: list[str] = []
    for field in msgspec.structs.fields(section):
        value = getattr(section, field.name)
        if isinstance(value, Secret):
            found.append(prefix + field.name)
        elif isinstance(value, msgspec.Struct):
            found += _secret_keys(value, f"{prefix}{field.name}.")
    return found


def seal_key(config: Config) -> list[Finding]:
    text = config.store.seal_key.reveal()
    if not text:
        return [missing("seal key", "there is none", "ivy init makes one and says which line to paste")]
    if wrong := shapes.wrong_seal_key(text):
        return [missing("seal key", wrong, "put it right in the file that store.seal_key_file names")]
    return [ok("seal key", f"{len(text.split())} configured")]


# --- models ----------------------------------------------------------------------------------------


def models(config: Config, today: date) -> list[Finding]:
    """Say of each role whether it has a key, and whether its model will still be there."""
    return [finding for role in ROLES for finding in _model(config, role, today)]


def _model(config: Config, role: str, today: date) -> list[Finding]:
    section: ModelSection = getattr(config.models, role)
    what = f"models.{role}"
    if not section.vendor or not section.model:
        found, mend = "no vendor or model", f"set {what}.vendor and {what}.model"
        return [missing(what, found, mend) if role == "primary" else not_needed(what, found)]
    named = f"{section.model} of {section.vendor}"
    if section.vendor not in ("anthropic", "openai"):
        return [missing(what, f"vendor is {section.vendor!r}", f"set {what}.vendor to anthropic or openai")]
    key = section.api_key.reveal()
    own_server = section.vendor == "openai" and bool(section.base_url)
    if not key and not own_server:
        mend = f"put the key in a file and name it in {what}.api_key_file"
        return [
            missing(what, f"{named}: no key", mend)
            if role == "primary"
            else look(what, f"{named}: no key, so there is no {role} model", mend)
        ]
    judge = shapes.wrong_anthropic_key if section.vendor == "anthropic" else shapes.wrong_openai_key
    if not section.base_url and (wrong := judge(key)):
        return [missing(what, f"{named}: the key is not what it should be", wrong)]
    where = f" at {section.base_url}" if section.base_url else ""
    return [_retiring(section.model, what, today) or ok(what, f"{named}{where}, key set" if key else f"{named}{where}")]


def _retiring(model: str, what: str, today: date) -> Finding | None:
    for beginning, (day, instead) in RETIRES.items():
        if model.startswith(beginning):
            mend = f"set {what}.model to {instead}"
            if today >= day:
                return missing(what, f"{model} ended on {day}", mend)
            return look(what, f"{model} ends on {day}", mend)
    return None
