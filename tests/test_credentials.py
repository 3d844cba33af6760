"""Secrets that systemd hands over: `secrets/token` of ivy.toml is the credential `secrets_token`."""

from pathlib import Path

import pytest

from ivy import config as configuration
from ivy.config import Config
from ivy.errors import ConfigError


def load(folder: Path, file: str) -> Config:
    return configuration.build({"whatsapp": {"token_file": file}}, {}, folder)


@pytest.fixture
def handed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


def test_what_is_handed_over_is_taken_however_it_is_named(handed: Path, tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    (handed / "secrets_token").write_text("handed-over\n")
    (handed / "secrets_token").chmod(0o440)
    for file in ("secrets/token", "./secrets/token", str(etc / "secrets/token")):
        assert load(etc, file).whatsapp.token.reveal() == "handed-over"


def test_what_is_not_handed_over_is_read_where_it_lies(handed: Path, tmp_path: Path) -> None:
    (handed / "secrets_other").write_text("of something else")
    (handed / "secrets_token").mkdir()
    (tmp_path / "token").write_text("from its file")
    assert load(tmp_path / "etc", str(tmp_path / "token")).whatsapp.token.reveal() == "from its file"
    with pytest.raises(ConfigError, match=r"whatsapp\.token_file: .*etc/secrets/token cannot be read"):
        load(tmp_path / "etc", "secrets/token")


def test_without_systemd_nothing_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    (tmp_path / "token").write_text("from its file")
    (tmp_path / "token").chmod(0o600)
    assert load(tmp_path, "token").whatsapp.token.reveal() == "from its file"
