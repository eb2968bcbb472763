"""Databases for tests: each test its own, copied from one that was migrated once."""

import functools
import itertools
import os
import shutil
import tempfile
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from store.database import Database
from store.migrate import migrate

_numbers = itertools.count(1)


def sqlite_url(folder: Path) -> str:
    """The URL of a new register in *folder*."""
    path = folder / f"register-{next(_numbers)}.db"
    shutil.copy(migrated_file(), path)
    return f"sqlite:///{path}"


def postgres_url(server: str) -> str:
    """The URL of a new register on *server*, a URL of its database `postgres`."""
    template, name = _migrated_database(server), f"register_{os.getpid()}_{next(_numbers)}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return named(server, name)


def empty_postgres_url(server: str) -> str:
    """As `postgres_url`, without any table."""
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    _execute(server, f"CREATE DATABASE {name}")
    return named(server, name)


def named(server: str, database: str) -> str:
    return make_url(server).set(database=database).render_as_string(hide_password=False)


@functools.cache
def migrated_file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tarasul-tests-"))
    _migrate(f"sqlite:///{folder / 'template.db'}")
    return folder / "template.db"


@functools.cache
def _migrated_database(server: str) -> str:
    name = f"template_{os.getpid()}"
    _execute(server, f"CREATE DATABASE {name}")
    _migrate(named(server, name))
    return name


def _migrate(url: str) -> None:
    database = Database(url)
    migrate(database)
    database.close()


def _execute(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
