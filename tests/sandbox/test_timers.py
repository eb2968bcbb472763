"""Timer functions and the clock that people and tests may move."""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.timers import BadSchedule, Schedule
from tests.sandbox.small_app import SmallApp

EVERY_SECOND = "* * * * * *"
DAY_S = 86400


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestSchedules:
    @pytest.mark.parametrize(
        ("expression", "then"),
        [
            ("*/30 * * * * *", "2026-11-21T10:00:30"),
            ("0 */5 * * * *", "2026-11-21T10:05:00"),
            ("0 0 3 * * *", "2026-11-22T03:00:00"),
            ("0 0 9-17 * * MON-FRI", "2026-11-23T09:00:00"),
            ("0 30 9 1 JAN *", "2027-01-01T09:30:00"),
        ],
    )
    def test_the_first_of_six_fields_is_the_second(self, expression: str, then: str) -> None:
        assert Schedule(expression).after(at("2026-11-21T10:00:00")) == at(then)

    def test_a_day_must_fit_both_its_day_fields(self) -> None:
        """Cron would take either; NCRONTAB, which Azure reads, wants a Monday that is the first of a month."""
        assert Schedule("0 0 0 1 * MON").after(at("2026-11-21T10:00:00")) == at("2027-02-01T00:00:00")

    @pytest.mark.parametrize("wrong", ["*/5 * * * *", "0 0 25 * * *", "0 0 0 31 2 *", "hourly"])
    def test_what_is_no_schedule_is_refused(self, wrong: str) -> None:
        with pytest.raises(BadSchedule):
            Schedule(wrong)


class TestRunning:
    def test_a_timer_fires_at_each_instant_and_knows_its_last(self, tmp_path: Path) -> None:
        with SmallApp(tmp_path, tick=EVERY_SECOND) as app:
            first, second, third = app.wait_for("tick", 3)[:3]
            assert [n["past_due"] for n in (first, second, third)] == [False, False, False]
            assert 0.5 < third["at"] - second["at"] < 5
            assert third["status"]["Last"][:19] == second["now"][:19]

    def test_a_timer_marked_so_runs_at_every_start_and_others_do_not(self, tmp_path: Path) -> None:
        with SmallApp(tmp_path) as app:
            app.wait_for("nightly")
            app.stop_host()
            app.start_host()
            assert [n["past_due"] for n in app.wait_for("nightly", 2)] == [False, False]
            assert app.notes("tick") == []

    def test_instants_missed_by_a_moved_clock_run_once_and_past_due(self, tmp_path: Path) -> None:
        noon_s = 1.5 * DAY_S - time.time() % DAY_S  # from now to a noon: no instant of `nightly` is near
        (tmp_path / "host").mkdir()
        (tmp_path / "host" / "controls.json").write_text(json.dumps({"offset_s": noon_s}))
        with SmallApp(tmp_path) as app:
            app.wait_for("nightly")  # its start
            assert app.product("POST", "/sandbox/clock", json={"offset_s": noon_s + 3 * DAY_S}).status == 200
            app.wait_for("nightly", 2)
            app.wait_idle()
            assert [n["past_due"] for n in app.notes("nightly")] == [False, True]

    def test_an_instant_missed_while_the_host_was_down_runs_at_the_start_past_due(self, tmp_path: Path) -> None:
        with SmallApp(tmp_path, tick="0 * * * * *") as app:
            app.stop_host()
            (tmp_path / "host" / "controls.json").write_text('{"offset_s": 120}')  # two minutes pass meanwhile
            app.start_host()
            app.wait_for("tick", past_due=True)


class TestClock:
    def test_it_moves_the_wall_clock_of_the_whole_process_and_nothing_else(self, tmp_path: Path) -> None:
        with SmallApp(tmp_path) as app:
            before = app.product("GET", "/api/now").json()
            assert app.product("POST", "/sandbox/clock", json={"offset_s": DAY_S}).json() == {"offset_s": DAY_S}
            after = app.product("GET", "/api/now").json()
            for clock in ("time", "datetime"):
                assert DAY_S <= after[clock] - before[clock] < DAY_S + 60
                assert abs(after[clock] - DAY_S - time.time()) < 60
            assert 0 < after["monotonic"] - before["monotonic"] < 60
            assert app.product("GET", "/api/now").json()["time"] > after["time"]  # it goes on ticking

    def test_it_stands_where_it_was_after_a_kill(self, tmp_path: Path) -> None:
        with SmallApp(tmp_path) as app:
            app.product("POST", "/sandbox/clock", json={"offset_s": 5 * DAY_S})
            app.kill_host()
            app.start_host()
            assert app.product("GET", "/sandbox/health").json()["offset_s"] == 5 * DAY_S
            assert app.product("GET", "/api/now").json()["time"] - time.time() > 4 * DAY_S

    def test_it_does_not_go_back(self, tmp_path: Path) -> None:
        with SmallApp(tmp_path) as app:
            app.product("POST", "/sandbox/clock", json={"offset_s": 10})
            assert app.product("POST", "/sandbox/clock", json={"offset_s": 5}).status == 409
            assert app.product("POST", "/sandbox/clock", json={"hours": 5}).status == 400

    def test_what_runs_is_not_delivered_again_because_the_clock_was_moved(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with SmallApp(tmp_path) as app:
            app.product("POST", "/api/put/slow", json=[str(pipe)])
            app.wait_for("slow begins")
            app.product("POST", "/sandbox/clock", json={"offset_s": DAY_S})
            app.product("POST", "/api/put/work", json=["a day later"])
            app.wait_for("work", body="a day later")
            pipe.write_text("go on")
            app.wait_idle()
            assert len(app.notes("slow begins")) == len(app.notes("slow ends")) == 1
