"""Migrations lead forward, from nothing to what the code expects, by whoever comes first."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from registry.errors import Misconfigured
from store.database import Connected, Database
from store.migrate import HEAD, migrate
from store.schema import metadata
from store.store import SqlStore
from tests import stores
from tests.store.conftest import DATABASES
from tests.values import OFFICE

VERSIONS = Path(__file__).resolve().parents[2] / "store" / "migrations" / "versions"


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/down/register.db"
    return stores.empty_postgres_url(request.getfixturevalue("postgres"))


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    opened = Database(empty_url)
    yield opened
    opened.close()


def test_from_nothing_they_make_exactly_the_tables_of_the_code(empty: Database) -> None:
    migrate(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_every_index_is_made_with_its_condition(empty: Database) -> None:
    migrate(empty)
    found = {i["name"] for table in metadata.tables for i in inspect(empty.engine).get_indexes(table)}
    assert found == {index.name for table in metadata.tables.values() for index in table.indexes}
    partial = {
        str(i["name"])
        for table in ("outbox", "records")
        for i in inspect(empty.engine).get_indexes(table)
        if any(key.endswith("_where") for key in i.get("dialect_options", {}))
    }
    assert partial == {"outbox_waiting", "outbox_lane", "records_matter"}


def test_the_head_that_the_code_names_is_the_newest_file() -> None:
    newest = max(path.name for path in VERSIONS.glob("m*.py"))
    assert newest.startswith(f"m{HEAD}_")


def test_every_file_follows_the_one_before_it() -> None:
    names = sorted(path.name for path in VERSIONS.glob("m*.py"))
    said = [re.findall(r'^(?:down_)?revision = "?(\w+)"?$', (VERSIONS / name).read_text(), re.M) for name in names]
    assert said == [
        [name[1:5], before[1:5] if before else "None"] for before, name in zip([None, *names], names, strict=False)
    ]


def test_migrating_again_changes_nothing(empty: Database) -> None:
    migrate(empty)
    store = SqlStore(empty, OFFICE.entity_id)
    assert store.write(lambda tx: tx.save_office(OFFICE))
    migrate(empty)
    assert store.read(lambda tx: tx.office()).people == OFFICE.people


def test_several_at_once_migrate_once(empty: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(migrate, empty) for _ in range(4)]:
            done.result()
    assert version(empty) == HEAD


_MIGRATE = """
import sys
from store.database import Database
from store.migrate import migrate
migrate(Database(sys.argv[1]))
"""


def test_two_processes_that_start_together_migrate_once(empty_url: str) -> None:
    together = [
        subprocess.Popen([sys.executable, "-c", _MIGRATE, empty_url], cwd=VERSIONS.parents[2], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    errors = [process.communicate(timeout=60)[1].decode() for process in together]
    assert [process.returncode for process in together] == [0, 0], errors
    database = Database(empty_url)
    assert version(database) == HEAD
    database.close()


def test_a_database_that_is_ahead_of_the_code_is_left_as_it_is(empty: Database) -> None:
    migrate(empty)
    with empty.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    migrate(empty)
    assert version(empty) == "9999"


def test_a_migration_that_fails_leaves_nothing_behind(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def half_way(connected: Connected) -> None:
        connected.driver.execute("CREATE TABLE half (a INTEGER)")
        raise RuntimeError("the power went")

    monkeypatch.setattr("store.migrate._upgrade", half_way)
    with pytest.raises(RuntimeError):
        migrate(empty)
    monkeypatch.undo()
    assert inspect(empty.engine).get_table_names() == []
    migrate(empty)
    assert version(empty) == HEAD


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql+pymysql://a:b@c/d"])
def test_a_database_that_cannot_serve_is_the_operator_s_turn(url: str) -> None:
    with pytest.raises((Misconfigured, ModuleNotFoundError)):
        Database(url)


def version(database: Database) -> str:
    with database.engine.connect() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
