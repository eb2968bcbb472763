"""People's sign-ins before a secret: one for each, as it was kept last."""

import contextlib
from dataclasses import replace
from datetime import timedelta

from service.ports import Store
from service.sign_in import SignIn
from tests.values import NOON

ONE = SignIn(person="huda", state="abc", ends_at=NOON)


def test_it_is_found_as_it_was_kept_last_and_is_nobody_elses(store: Store) -> None:
    assert store.read(lambda tx: tx.sign_in("huda")) is None
    at = NOON + timedelta(microseconds=7)
    for kept in (ONE, replace(ONE, state="", signed_in_at=at, code="f" * 64, tries=4, opened_at=NOON), ONE):
        store.write(lambda tx, k=kept: tx.save_sign_in(k))
        assert store.read(lambda tx: tx.sign_in("huda")) == kept
    assert store.read(lambda tx: tx.sign_in("omar")) is None


def test_one_that_is_undone_is_as_it_was(store: Store) -> None:
    store.write(lambda tx: tx.save_sign_in(ONE))
    with contextlib.suppress(ZeroDivisionError):
        store.write(lambda tx: (tx.save_sign_in(replace(ONE, tries=3)), 1 / 0))
    assert store.read(lambda tx: tx.sign_in("huda")) == ONE
