"""What Graph rings with, and who may ring."""

import hmac
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.notifications import (
    DRIVE,
    Hint,
    LifecycleHint,
    client_state,
    drive_of,
    read_hints,
    read_lifecycle,
    state_of,
)
from tests.programs import REPOSITORY

KEY = "k" * 43
A, B = "registry@ministry.example", "minister@ministry.example"
BOXES = (A, B)


def item(state: object, **more: object) -> dict[str, Any]:
    return {
        "subscriptionId": "2f3a0c1e-0000-4000-8000-000000000001",
        "clientState": state,
        "changeType": "created",
        "resource": "Users/7b1f/Messages/AAk1",
        **more,
    }


def body(*items: object) -> bytes:
    return json.dumps({"value": items}).encode()


def good(mailbox: str = A, epoch: int = 1, key: str = KEY) -> str:
    return client_state(key, mailbox, epoch)


class TestClientState:
    def test_it_fits_what_graph_allows_and_names_no_address(self) -> None:
        state = client_state(KEY, "a" * 300 + "@ministry.example", 9_999_999_999)
        assert len(state) <= 128
        assert "ministry" not in state

    def test_it_differs_by_mailbox_epoch_and_key_and_by_nothing_else(self) -> None:
        assert good() == good(A.upper())
        assert len({good(), good(B), good(epoch=2), good(key="other" * 9)}) == 4


class TestDrives:
    """Which drives ring changes from day to day: the door knows them by their signature alone."""

    STATE = state_of(KEY, "drives/b!Abc/root")

    def test_a_drive_rings_and_is_told_from_others_by_whoever_knows_them(self) -> None:
        (hint,) = read_hints(body(item(self.STATE)), (KEY,), BOXES)
        assert hint.mailbox.startswith(DRIVE)
        assert drive_of(hint.mailbox, ["b!Other", "b!Abc"]) == "b!Abc"
        assert drive_of("drives/b!Abc/root", ["b!Other", "b!Abc"]) == "b!Abc"
        assert drive_of(hint.mailbox, ["b!Other"]) is None

    def test_no_drive_rings_without_the_key(self) -> None:
        mark = self.STATE[-1]
        forged = [self.STATE[:-1] + ("A" if mark != "A" else "B"), self.STATE.replace("drive.", "drive.0"), "drive."]
        others = [state_of("other" * 9, "drives/b!Abc/root"), self.STATE.upper()]
        assert read_hints(body(*map(item, [*forged, *others])), (KEY,), BOXES) == []

    def test_a_drive_cannot_pass_for_a_mailbox_nor_a_mailbox_for_a_drive(self) -> None:
        assert read_hints(body(item(self.STATE.removeprefix("drive."))), (KEY,), BOXES) == []
        short, _, mac = good().split(".")
        assert read_hints(body(item(f"drive.{short}.{mac}")), (KEY,), BOXES) == []

    def test_whatever_is_no_drive_is_signed_as_before(self) -> None:
        assert state_of(KEY, A) == good()
        assert state_of(KEY, "users") == client_state(KEY, "users", 1)


class TestHints:
    def test_a_notification_rings_for_its_mailbox(self) -> None:
        assert read_hints(body(item(good())), (KEY,), BOXES) == [Hint(A, "notification")]

    def test_many_items_ring_once_for_each_mailbox(self) -> None:
        items = [item(good()), item(good(B)), item(good()), item(good(epoch=7))]
        assert read_hints(body(*items), (KEY,), BOXES) == [Hint(A), Hint(B)]

    def test_of_one_good_one_forged_and_one_unknown_only_the_good_one_rings(self) -> None:
        items = [item("forged"), item(good()), item(good("unknown@ministry.example"))]
        assert read_hints(body(*items), (KEY,), BOXES) == [Hint(A)]

    def test_while_a_key_is_exchanged_both_are_good(self) -> None:
        items = [item(good(key="old" * 15)), item(good(B))]
        assert read_hints(body(*items), (KEY, "old" * 15), BOXES) == [Hint(A), Hint(B)]

    def test_no_key_is_no_key(self) -> None:
        assert read_hints(body(item(good(key=""))), (KEY, ""), BOXES) == []

    @pytest.mark.parametrize(
        "state",
        [
            *("", None, 7, [], {}, "x" * 100_000, good(key="other" * 9), good()[:-1], good() + "A", " " + good()),
            good().replace(".1.", ".2."),
            good().replace(".1.", ".01."),
            good().replace(".1.", ".١."),
            good(B).partition(".")[0] + "." + good().partition(".")[2],
            good()[:-1] + ("A" if good()[-1] != "A" else "B"),
            good().upper(),
            "..",
        ],
    )
    def test_whoever_does_not_have_the_key_rings_for_nobody(self, state: object) -> None:
        assert read_hints(body(item(state)), (KEY,), BOXES) == []

    @pytest.mark.parametrize(
        "raw",
        [
            *(b"", b"{", b"[]", b"null", b"7", b'"x"', b'{"value":7}', b'{"value":{}}', b'{"value":[7,null,"x",[]]}'),
            *(
                b"\xff\xfe\x00",
                b"[" * 100_000,
                b'{"value":' * 50_000,
                b"1" * 10_000,
                b'{"value":[{"clientState":1e999}]}',
            ),
            b" " * (8 * 1024 * 1024) + b"{}",
        ],
    )
    def test_what_is_no_notification_rings_for_nobody(self, raw: bytes) -> None:
        assert read_hints(raw, (KEY,), BOXES) == []
        assert read_lifecycle(raw, (KEY,), BOXES) == []

    @settings(max_examples=200, deadline=None)
    @given(
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just(good(key="no" * 20))),
            lambda inner: st.one_of(
                st.lists(inner, max_size=4),
                st.dictionaries(st.sampled_from(["value", "clientState", "lifecycleEvent", "subscriptionId"]), inner),
            ),
        )
    )
    def test_no_json_at_all_rings_without_the_key(self, told: object) -> None:
        assert read_hints(json.dumps(told).encode(), (KEY,), BOXES) == []
        assert read_lifecycle(json.dumps(told).encode(), (KEY,), BOXES) == []

    def test_ten_thousand_items_cost_one_check_for_each_state(self, monkeypatch: pytest.MonkeyPatch) -> None:
        checked: list[bytes] = []
        compare = hmac.compare_digest

        def counted(a: bytes, b: bytes) -> bool:
            checked.append(a)
            return compare(a, b)

        monkeypatch.setattr(hmac, "compare_digest", counted)
        items = [item(good())] * 5_000 + [item(good(B))] * 5_000 + [item(good(epoch=2))] * 5
        assert read_hints(body(*items), (KEY,), BOXES) == [Hint(A), Hint(B)]
        assert len(checked) == 2  # and what stands behind the ten thousandth is not read


class TestLifecycle:
    @pytest.mark.parametrize("event", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
    def test_each_event_says_what_became_of_which_subscription(self, event: str) -> None:
        found = read_lifecycle(body(item(good(), lifecycleEvent=event)), (KEY,), BOXES)
        assert found == [LifecycleHint(A, "2f3a0c1e-0000-4000-8000-000000000001", event)]

    def test_what_is_said_twice_is_one_thing(self) -> None:
        twice = [item(good(), lifecycleEvent="missed")] * 2
        assert len(read_lifecycle(body(*twice), (KEY,), BOXES)) == 1

    @pytest.mark.parametrize(
        "changed",
        [
            {"lifecycleEvent": "somethingNew"},
            {"lifecycleEvent": None},
            {"lifecycleEvent": ["missed"]},
            {"lifecycleEvent": "missed", "clientState": "forged"},
            {"lifecycleEvent": "missed", "subscriptionId": "../../users"},
            {"lifecycleEvent": "missed", "subscriptionId": 7},
            {"lifecycleEvent": "missed", "subscriptionId": ""},
        ],
    )
    def test_what_is_unknown_or_forged_is_left_out(self, changed: dict[str, object]) -> None:
        assert read_lifecycle(body({**item(good()), **changed}), (KEY,), BOXES) == []


def test_nothing_but_the_standard_library_is_loaded_for_it() -> None:
    script = "import sys, graph.notifications; print(*sorted(m for m in sys.modules if '.' not in m))"
    ended = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    heavy = {"aiohttp", "msgspec", "httpx", "jwt", "service", "registry", "asyncio", "yarl", "sqlalchemy", "azure"}
    assert set(ended.stdout.split()) & heavy == set()
