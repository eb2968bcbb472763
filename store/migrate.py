"""Bringing a database to the schema of this code: forward only, by one process at a time."""

import contextlib
import sqlite3
import threading

import psycopg

from store.database import Connected, Database

HEAD = "0009"  # the newest file in migrations/versions; a test compares
_LOCK = 7_304_001  # any number that nobody else uses
_ONE_AT_A_TIME = threading.Lock()  # Alembic keeps what it works on for the whole process


def migrate(database: Database) -> None:
    """Apply what is missing, all of it or nothing. Costs one small query where nothing is.

    A database that is ahead of this code (an older instance beside a newer one) is left as it is: migrations only add.
    """
    connected = Connected(database.engine)
    try:
        if _version(connected) >= HEAD:
            return
        with _ONE_AT_A_TIME:
            _migrate(connected)
    finally:
        connected.close()


def _migrate(connected: Connected) -> None:
    driver = connected.driver
    driver.execute("BEGIN" if connected.postgres else "BEGIN IMMEDIATE")
    try:
        if connected.postgres:
            driver.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
        if _version(connected) < HEAD:
            _upgrade(connected)
        else:
            driver.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error, psycopg.Error):
            driver.execute("ROLLBACK")
        raise


def _version(connected: Connected) -> str:
    driver = connected.driver
    if connected.postgres:
        known = driver.execute("SELECT to_regclass('alembic_version')").fetchone()[0]
    else:
        known = driver.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    if known is None:
        return ""
    row = driver.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else ""


def _upgrade(connected: Connected) -> None:
    # imported here: most starts have nothing to migrate
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "store:migrations")
    config.attributes["connection"] = connected.cold
    command.upgrade(config, "head")
