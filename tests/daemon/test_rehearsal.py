"""A rehearsed start does all that a start does, and nothing that anybody outside could notice."""

from contextlib import closing
from pathlib import Path

import pytest

from ivy.clock import SystemClock, stamp
from ivy.config import Config, ModelSection, ModelsSection, Secret, ServerSection, StoreSection, WhatsAppSection
from ivy.daemon import lock
from ivy.daemon.rehearsal import rehearse
from ivy.domain.jobs import SEND
from ivy.errors import StoreError
from ivy.store import jobs, migrate
from ivy.store.jobs import NewJob
from ivy.store.sealing import new_key
from ivy.store.settings import open_reader, open_writer


@pytest.fixture
def config() -> Config:
    return Config(
        store=StoreSection(seal_key=Secret(new_key())),
        server=ServerSection(port=1, ops_port=1),  # never bound: a rehearsal takes any that is free
        whatsapp=WhatsAppSection(
            phone_number_id="1", token=Secret("t" * 20), app_secrets=Secret("a"), verify_token=Secret("v")
        ),
        models=ModelsSection(primary=ModelSection(vendor="anthropic", model="m", api_key=Secret("sk-ant-never-used"))),
    )


async def test_it_frees_what_a_dead_process_held_and_runs_no_job(database: Path, config: Config) -> None:
    now = SystemClock().now()
    with closing(open_writer(database)) as connection:
        for key in ("held", "waits"):
            jobs.enqueue(connection, NewJob(key, SEND, key, now, {}), now=now)
        connection.execute(
            "UPDATE jobs SET state = 'leased', claim_no = 1, leased_until_ms = ? WHERE key = 'held'", (stamp(now),)
        )
    assert await rehearse(config, database.parent.parent) == []
    with closing(open_reader(database)) as connection:
        found = {row["key"]: (row["state"], row["claim_no"]) for row in connection.execute("SELECT * FROM jobs")}
    assert {key: found[key] for key in ("held", "waits")} == {"held": ("ready", 1), "waits": ("ready", 0)}
    assert not lock.is_held(database)


async def test_beside_a_daemon_it_is_refused(database: Path, config: Config) -> None:
    with lock.hold(database), pytest.raises(StoreError, match="A daemon works on"):
        await rehearse(config, database.parent.parent)


async def test_it_migrates_nothing(tmp_path: Path, config: Config) -> None:
    path = tmp_path / "data" / "ivy.db"
    with closing(open_writer(path)) as connection:
        migrate.migrate(connection, migrate.shipped()[:-1])
    with pytest.raises(StoreError, match="The database lacks"):
        await rehearse(config, tmp_path)
    with pytest.raises(StoreError, match="There is no database"):
        await rehearse(config, tmp_path / "elsewhere")
