"""ivy.toml: every key is in the example with its default, the environment wins, and secrets stay secret."""

import string
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy import config as configuration
from ivy.config import Config, Secret, Section
from ivy.errors import ConfigError

EXAMPLE = Path(__file__).parents[1] / "ivy.toml.example"
HERE = Path()


def leaves(section: Section, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key with its default, dotted; secrets have none."""
    for field in msgspec.structs.fields(section):
        value = getattr(section, field.name)
        if isinstance(value, Section):
            yield from leaves(value, f"{name}{field.name}.")
        else:
            yield f"{name}{field.name}", value


DEFAULTS = dict(leaves(Config()))
KEYS = {key: value for key, value in DEFAULTS.items() if not isinstance(value, Secret)}
SECRETS = [key for key, value in DEFAULTS.items() if isinstance(value, Secret)]


def written(table: dict[str, Any], name: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict) and f"{name}{key}" not in KEYS:
            yield from written(value, f"{name}{key}.")  # pyright: ignore[reportUnknownArgumentType]
        else:
            yield f"{name}{key}", tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def variable(key: str) -> str:
    return "IVY_" + key.upper().replace(".", "__")


def nested(key: str, value: Any) -> dict[str, Any]:
    for name in reversed(key.split(".")):
        value = {name: value}
    return value


def test_the_example_has_every_key_with_its_default() -> None:
    assert dict(written(tomllib.loads(EXAMPLE.read_text()))) == KEYS


def test_the_example_is_a_configuration_and_changes_nothing() -> None:
    assert dict(leaves(configuration.load(EXAMPLE, {}))).items() >= KEYS.items()


def test_no_file_at_all_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`ivy init` writes one"):
        configuration.load(tmp_path / "ivy.toml", {})


def test_what_is_no_toml_is_said_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "ivy.toml").write_text("[server\nport = 1")
    with pytest.raises(ConfigError, match="line 1"):
        configuration.load(tmp_path / "ivy.toml", {})


# --- the environment -----------------------------------------------------------------------------


@pytest.mark.parametrize("key", [key for key, value in KEYS.items() if isinstance(value, str)])
def test_every_text_can_be_set_in_the_environment(key: str, tmp_path: Path) -> None:
    secret = tmp_path / "told"
    secret.write_text("0" * 64)
    secret.chmod(0o600)
    config = configuration.build({}, {variable(key): str(secret)}, HERE)
    assert configuration.getattr_path(config, key) == str(secret)


@given(st.sampled_from([key for key, value in KEYS.items() if type(value) is int]), st.integers(0, 2**31))
def test_every_number_can_be_set_in_the_environment(key: str, number: int) -> None:
    ceiling = {"spend": {"ceiling": {"input": 1.0, "output": 1.0}}}
    config = configuration.build(ceiling, {variable(key): str(number)}, HERE)
    assert configuration.getattr_path(config, key) == number


@given(st.integers(1, 65535), st.integers(1, 65535))
def test_the_environment_wins_over_the_file(in_file: int, in_environment: int) -> None:
    config = configuration.build(nested("server.port", in_file), {"IVY_SERVER__PORT": str(in_environment)}, HERE)
    assert config.server.port == in_environment


def test_lists_and_switches_are_written_as_in_toml() -> None:
    environment = {"IVY_ADMISSION__PHONES": '["+573001234567"]', "IVY_WHATSAPP__ENABLED": "false"}
    config = configuration.build({}, environment, HERE)
    assert config.admission.phones == ("+573001234567",)
    assert config.whatsapp.enabled is False


@pytest.mark.parametrize("name", ["IVY_SERVER__PROT", "IVY_SEVER__PORT"])
def test_a_misspelt_variable_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        configuration.build({}, {name: "1"}, HERE)


@given(
    st.text(string.ascii_lowercase + "_", min_size=1).filter(
        lambda name: name not in {k.split(".")[1] for k in DEFAULTS if "." in k}
    )
)
def test_a_misspelt_key_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        configuration.build({"server": {name: 1}}, {}, HERE)


def test_a_value_of_the_wrong_kind_is_named() -> None:
    with pytest.raises(ConfigError, match=r"server\.port"):
        configuration.build({"server": {"port": "eighty"}}, {}, HERE)


def test_what_is_no_variable_of_ours_is_left_alone() -> None:
    others = {"IVY_CONFIG": "x", "IVY_SQLITE": "y", "PATH": "z"}
    assert configuration.build({}, others, HERE).server == configuration.build({}, {}, HERE).server


# --- secrets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_comes_from_its_file(key: str, tmp_path: Path) -> None:
    (tmp_path / "it").write_text("hunter2-hunter2\n")
    (tmp_path / "it").chmod(0o600)
    config = configuration.build(nested(f"{key}_file", "it"), {}, tmp_path)
    assert configuration.getattr_path(config, key).reveal() == "hunter2-hunter2"


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_in_the_environment_wins_over_its_file(key: str, tmp_path: Path) -> None:
    config = configuration.build(nested(f"{key}_file", "nowhere"), {variable(key): "from-outside"}, tmp_path)
    assert configuration.getattr_path(config, key).reveal() == "from-outside"


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_in_the_file_itself_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match=rf"{key} is a secret.*{key}_file") as refused:
        configuration.build(nested(key, "hunter2-hunter2"), {}, HERE)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_a_secret_that_others_can_read_is_refused_with_its_mend(mode: int, tmp_path: Path) -> None:
    (tmp_path / "it").write_text("hunter2-hunter2")
    (tmp_path / "it").chmod(mode)
    with pytest.raises(ConfigError, match=r"whatsapp\.token_file: others can read .*chmod 600"):
        configuration.build({"whatsapp": {"token_file": "it"}}, {}, tmp_path)


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"models\.primary\.api_key_file: .*nowhere"):
        configuration.build({"models": {"primary": {"api_key_file": "nowhere"}}}, {}, tmp_path)


@given(st.text(string.ascii_letters + string.digits, min_size=8))
def test_a_secret_never_prints(value: str) -> None:
    value = f"Zq9{value}"  # no word that a configuration shows anyway
    config = configuration.build({}, {variable(key): value for key in SECRETS}, HERE)
    shown = f"{config}{config!r}{config.whatsapp.token}{config.whatsapp.token!r}{[config.store.seal_key]}"
    assert value not in shown.replace("***", "")
