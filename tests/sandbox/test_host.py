"""The functions host does what Azure's does. Every test speaks HTTP to a real host process."""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.leash import NO_USE
from tests.sandbox.small_app import APP, SmallApp
from tests.stage import REPOSITORY


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallApp]:
    with SmallApp(tmp_path_factory.mktemp("host")) as started:
        yield started


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A named pipe that the function `slow` waits for."""
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def let_go(pipe: Path) -> None:
    """Let whoever waits for the pipe go on; nothing where nobody does. Opened as ever, it would wait for a reader."""
    with contextlib.suppress(OSError), open(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK), "w") as opened:
        opened.write("go on")


class TestHttp:
    def test_a_function_gets_what_was_sent_and_its_answer_comes_back_as_it_is(self, app: SmallApp) -> None:
        path = "/api/echo/%D9%87%D8%AF%D9%89/7?a=1&b=%D8%B3&a=2"
        answer = app.product("POST", path, body="نص".encode(), headers={"X-Said": "hi"})
        assert answer.status == 201
        assert answer.headers["x-answer"] == "نعم".encode().hex()
        said = answer.json()
        assert said["method"] == "POST"
        assert said["url"] == app.urls["product"] + path
        assert said["params"] == {"a": "1,2", "b": "س"}
        assert said["route"] == {"name": "هدى", "rest": "7"}
        assert (said["x-said"], said["body"]) == ("hi", "نص")

    def test_an_optional_part_may_be_left_out_and_a_constraint_holds(self, app: SmallApp) -> None:
        assert app.product("GET", "/api/echo/x").json()["route"] == {"name": "x"}
        assert app.product("GET", "/api/echo/x/seven").status == 404

    def test_the_rest_of_a_path_may_be_taken_whole(self, app: SmallApp) -> None:
        assert app.product("GET", "/api/files/a/b%20c.pdf").body == b"a/b c.pdf"

    def test_a_literal_route_wins_over_a_named_one_whatever_its_letter_case(self, app: SmallApp) -> None:
        answer = app.product("GET", "/API/Echo/Fixed")
        assert answer.body == b"fixed"
        assert answer.headers["set-cookie"] == "a=b; HttpOnly; Path=/"

    def test_an_unknown_path_is_404_and_a_known_one_with_another_method_405(self, app: SmallApp) -> None:
        assert app.product("GET", "/api/nowhere").status == 404
        assert app.product("GET", "/echo/x").status == 404
        wrong = app.product("DELETE", "/api/echo/x")
        assert (wrong.status, wrong.headers["allow"]) == (405, "GET, POST")

    def test_only_a_function_key_opens_what_is_not_anonymous(self, app: SmallApp) -> None:
        key = json.loads((app.state / "host" / "keys.json").read_text())["default"]
        assert app.product("GET", "/api/guarded").status == 401
        assert app.product("GET", "/api/guarded?code=wrong").status == 401
        assert app.product("GET", f"/api/guarded?code={key}").status == 200
        assert app.product("GET", "/api/guarded", headers={"x-functions-key": key}).status == 200

    def test_a_function_that_raises_is_500_without_a_word_and_its_stack_is_logged(self, app: SmallApp) -> None:
        answer = app.product("POST", "/api/fails", body=b"")
        assert (answer.status, answer.body) == (500, b"")
        app.until(lambda: any("RuntimeError: this one always fails" in line for line in app.log))
        assert any("function_app.py" in line and "in fails" in line for line in app.log)
        assert not any("azure_functions_runtime" in line for line in app.log)


class TestQueues:
    def test_each_message_of_an_output_binding_is_delivered_once(self, app: SmallApp) -> None:
        bodies = [f"m{n}" for n in range(40)]
        assert app.product("POST", "/api/put/work", json=bodies).status == 202
        app.wait_for("work", body="m39")
        app.wait_idle()
        got = [n["body"] for n in app.notes("work") if n["body"] in bodies]
        assert sorted(got) == sorted(bodies)

    def test_an_empty_list_puts_nothing(self, app: SmallApp) -> None:
        app.wait_idle()
        before = len(app.notes("work"))
        assert app.product("POST", "/api/put/work", json=[]).status == 202
        app.wait_idle()
        assert len(app.notes("work")) == before

    def test_a_message_too_large_for_a_queue_makes_the_caller_see_500(self, app: SmallApp) -> None:
        assert app.product("POST", "/api/put/work", json=["x" * 50_000]).status == 500
        assert app.product("POST", "/api/put/work", json=["x" * 49_000]).status == 202

    def test_a_failing_message_is_tried_max_dequeue_count_times_and_then_kept_as_poison(self, app: SmallApp) -> None:
        app.product("POST", "/api/put/failing", body="لا يمكن".encode())
        app.until(lambda: app.product("GET", "/sandbox/health").json()["queues"].get("failing-poison") == 1)
        assert [n["dequeue_count"] for n in app.notes("failing")] == [1, 2, 3, 4, 5]

    def test_no_more_than_batch_size_messages_run_at_once(self, app: SmallApp, tmp_path: Path) -> None:
        pipes = [tmp_path / f"pipe{n}" for n in range(6)]
        for pipe in pipes:
            os.mkfifo(pipe)
        app.product("POST", "/api/put/slow", json=[str(pipe) for pipe in pipes])
        app.until(lambda: app.product("GET", "/sandbox/health").json()["running"]["slow"] >= 4)
        app.product("POST", "/api/put/work", json=["meanwhile"])
        app.wait_for("work", body="meanwhile")
        assert app.product("GET", "/sandbox/health").json()["running"]["slow"] == 4
        for pipe in pipes:
            pipe.write_text("go on")
        app.wait_idle()
        begun, ended = (
            [n["body"] for n in app.notes(f"slow {w}") if n["body"] in map(str, pipes)] for w in ("begins", "ends")
        )
        assert sorted(begun) == sorted(ended) == sorted(map(str, pipes))

    def test_a_message_that_runs_longer_than_its_lock_is_not_delivered_again(self, app: SmallApp, pipe: Path) -> None:
        """The host of these tests locks for one second; the lock is renewed while the function runs."""
        app.product("POST", "/api/put/slow", json=[str(pipe)])
        app.wait_for("slow begins", body=str(pipe))
        app.product("POST", "/api/put/work", json=["after the lock"])
        began = app.wait_for("work", body="after the lock")[0]["at"]
        app.until(lambda: app.product("GET", "/api/now").json()["time"] > began + 2.5)
        pipe.write_text("go on")
        app.wait_idle()
        assert len([n for n in app.notes("slow begins") if n["body"] == str(pipe)]) == 1

    def test_doubled_messages_are_delivered_twice_and_shuffled_ones_overtake_each_other(self, app: SmallApp) -> None:
        bodies = [f"shuffled {n:02}" for n in range(12)]
        set_faults = app.product("POST", "/sandbox/faults", json={"double_queue": 1, "shuffle_queue": True, "seed": 7})
        assert set_faults.json() == {"double_queue": 1.0, "shuffle_queue": True, "seed": 7}
        try:
            app.product("POST", "/api/put/work", json=bodies)
            app.until(lambda: len([n for n in app.notes("work") if n["body"] in bodies]) == 24)
            app.wait_idle()
        finally:
            app.product("POST", "/sandbox/faults", json={})
        order = [n["body"] for n in app.notes("work") if n["body"] in bodies]
        assert len(order) == 24
        assert list(dict.fromkeys(order)) != bodies


class TestFiringByHand:
    def test_a_timer_function_runs_when_asked(self, app: SmallApp) -> None:
        before = len(app.notes("tick"))
        assert app.product("POST", "/admin/functions/tick", body=b"").status == 202
        assert app.wait_for("tick", before + 1)[-1]["past_due"] is False

    def test_a_queue_function_takes_its_input_and_its_output_binding_counts(self, app: SmallApp) -> None:
        assert app.product("POST", "/admin/functions/chain", json={"input": "by hand"}).status == 202
        app.wait_for("work", body="from chain: by hand")

    def test_what_is_neither_is_404(self, app: SmallApp) -> None:
        assert app.product("POST", "/admin/functions/echo", body=b"").status == 404
        assert app.product("POST", "/admin/functions/nobody", body=b"").status == 404


class TestKills:
    def test_what_was_answered_202_is_delivered_whenever_the_host_is_killed(self, tmp_path: Path) -> None:
        with SmallApp(tmp_path) as app:
            answered: list[str] = []

            def send_until_killed(sender: int) -> None:
                with contextlib.suppress(OSError):
                    for number in itertools.count():
                        body = f"{sender}.{number} {len(answered)}"
                        assert app.product("POST", "/api/put/work", json=[body]).status == 202
                        answered.append(body)

            for kill in range(1, 4):
                senders = [threading.Thread(target=send_until_killed, args=(n,)) for n in range(3)]
                for sender in senders:
                    sender.start()
                enough = kill * 40
                app.until(lambda: len(answered) >= enough)  # noqa: B023 (it is called in this round only)
                app.kill_host()
                for sender in senders:
                    sender.join(20)
                app.start_host()
            app.wait_idle()
            assert len(answered) >= 120
            assert set(answered) <= {n["body"] for n in app.notes("work")}

    def test_a_message_that_ran_at_the_kill_is_seen_again_after_its_lock(self, tmp_path: Path, pipe: Path) -> None:
        with SmallApp(tmp_path) as app:
            app.product("POST", "/api/put/slow", json=[str(pipe)])
            app.wait_for("slow begins")
            app.kill_host()
            app.start_host()
            assert app.wait_for("slow begins", 2)[1]["dequeue_count"] == 2
            pipe.write_text("go on")
            app.wait_idle()

    def test_sigterm_lets_what_runs_end_and_takes_nothing_new(self, tmp_path: Path, pipe: Path) -> None:
        with SmallApp(tmp_path) as app:
            app.product("POST", "/api/put/slow", json=[str(pipe)])
            app.wait_for("slow begins")
            stopping = threading.Thread(target=app.stop_host)
            stopping.start()
            app.until(lambda: any("stopping" in line for line in app.log))
            pipe.write_text("go on")
            stopping.join(20)
            app.start_host()
            app.wait_idle()
            assert len(app.notes("slow begins")) == len(app.notes("slow ends")) == 1

    def test_two_hosts_never_share_a_folder(self, app: SmallApp) -> None:
        said = _start(["--root", str(APP), "--folder", str(app.state / "host"), "--port", "0"])
        assert "another functions host uses" in said


class TestOnAzureStorage:
    def test_a_connection_string_puts_the_queues_there_and_all_goes_the_same_way(
        self, tmp_path: Path, azurite: str, pipe: Path
    ) -> None:
        with SmallApp(tmp_path, env={"AzureWebJobsStorage": azurite}) as app:
            bodies = [f"m{n}" for n in range(20)]
            assert app.product("POST", "/api/put/work", json=bodies).status == 202
            app.product("POST", "/api/put/slow", json=[str(pipe)])
            app.wait_for("slow begins")
            app.kill_host()
            app.start_host()
            app.wait_for("slow begins", 2)
            pipe.write_text("go on")
            app.product("POST", "/api/put/failing", body=b"no")
            app.until(lambda: app.product("GET", "/sandbox/health").json()["queues"].get("failing-poison") == 1)
            app.wait_idle()
            assert {n["body"] for n in app.notes("work")} == set(bodies)
            assert [n["dequeue_count"] for n in app.notes("failing")] == [1, 2, 3, 4, 5]
            assert not (tmp_path / "host" / "queues.db").exists()


class TestLimits:
    def test_a_request_beyond_those_that_may_wait_is_429(self, tmp_path: Path, pipe: Path) -> None:
        with _with_host_json(tmp_path, http={"maxConcurrentRequests": 2, "maxOutstandingRequests": 3}) as app:
            with ThreadPoolExecutor(3) as pool:
                waiting = [pool.submit(app.product, "POST", "/api/wait", body=bytes(pipe)) for _ in range(3)]
                app.until(lambda: app.product("GET", "/sandbox/health").json()["requests"] == 3)
                app.wait_for("wait begins", 2)
                assert app.product("GET", "/api/echo/x").status == 429
                assert len(app.notes("wait begins")) == 2
                app.until(lambda: not [let_go(pipe) for one in waiting if not one.done()])
            assert app.product("GET", "/api/echo/x").status == 201

    def test_a_function_that_takes_longer_than_its_time_has_failed(self, tmp_path: Path, pipe: Path) -> None:
        with _with_host_json(tmp_path, functionTimeout="00:00:01") as app:
            assert app.product("POST", "/api/wait", body=bytes(pipe)).status == 500
            app.until(lambda: any("wait failed: took longer than 1 s" in line for line in app.log))
            pipe.write_text("let the thread go")

    def test_requests_run_beside_each_other(self, app: SmallApp) -> None:
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda n: app.product("GET", f"/api/echo/n{n}"), range(64)))
        assert [a.json()["route"]["name"] for a in answers] == [f"n{n}" for n in range(64)]


class TestStartingWrong:
    """Whoever starts it is told what to put right."""

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("import no_such_module", "No module named 'no_such_module'"),
            (
                '@app.blob_trigger("b", path="c/{n}", connection="S")\ndef f(b: func.InputStream): ...',
                "function f has a binding that the sandbox does not have: blobTrigger",
            ),
            (
                '@app.timer_trigger("t", schedule="*/5 * * * *")\ndef f(t: func.TimerRequest) -> None: ...',
                "six fields are needed",
            ),
            (
                '@app.timer_trigger("t", schedule="0 0 0 32 * *")\ndef f(t: func.TimerRequest) -> None: ...',
                "Bad day-of-month",
            ),
            (
                '@app.queue_trigger("m", queue_name="%NOT_SET%", connection="S")\ndef f(m: func.QueueMessage): ...',
                "the setting NOT_SET",
            ),
            (
                '@app.route("a/{x}", methods=["GET"])\ndef f(req: func.HttpRequest) -> str: return ""\n'
                '@app.route("A/{y}", methods=["GET", "POST"])\ndef g(req: func.HttpRequest) -> str: return ""',
                "f and g both take GET A/{y}",
            ),
        ],
    )
    def test_a_function_app_that_cannot_run_is_named(self, tmp_path: Path, code: str, said: str) -> None:
        (tmp_path / "function_app.py").write_text(f"import azure.functions as func\napp = func.FunctionApp()\n{code}\n")
        (tmp_path / "host.json").write_text('{"version": "2.0"}')
        assert said in _start(["--root", str(tmp_path), "--folder", str(tmp_path / "state"), "--port", "0"])

    def test_a_port_in_use_is_named(self, app: SmallApp, tmp_path: Path) -> None:
        port = str(app.layout.ports.product)
        said = _start(["--root", str(APP), "--folder", str(tmp_path), "--port", port], TICK_SCHEDULE="0 0 0 1 1 *")
        assert "address already in use" in said


def _with_host_json(folder: Path, *, http: dict[str, int] | None = None, **said: str) -> SmallApp:
    """The small app with other words in its host.json."""
    root = folder / "app"
    shutil.copytree(APP, root)
    words = json.loads((root / "host.json").read_text()) | said
    words["extensions"]["http"] |= http or {}
    (root / "host.json").write_text(json.dumps(words))
    return SmallApp(folder, root=root)


def _start(arguments: list[str], **env: str) -> str:
    """What a host that cannot start says on its way out."""
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox.host", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == NO_USE
    return ended.stderr
