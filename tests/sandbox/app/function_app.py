"""A small function app that shows what a host must do. The tests start it as Azure would."""

import json
import os
import time
import typing
from datetime import UTC, datetime
from pathlib import Path

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
bp = func.Blueprint()
OPEN = func.AuthLevel.ANONYMOUS
STORAGE = "AzureWebJobsStorage"


def _note(what: str, **more: typing.Any) -> None:
    """Write one line of what happened where the test can read it, also after a kill."""
    line = json.dumps({"what": what, "at": time.time(), "pid": os.getpid(), **more})
    with Path(os.environ["NOTES"]).open("a") as notes:
        notes.write(line + "\n")


@bp.route("echo/{name}/{rest:int?}", methods=["GET", "POST"], auth_level=OPEN)
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    said = {
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "route": dict(req.route_params),
        "x-said": req.headers.get("X-Said"),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(said), status_code=201, headers={"X-Answer": "نعم".encode().hex()})


@bp.route("echo/fixed", methods=["GET"], auth_level=OPEN)
def fixed(req: func.HttpRequest) -> func.HttpResponse:
    answer = func.HttpResponse("fixed")
    answer.headers.add("Set-Cookie", "a=b; Path=/; HttpOnly")
    return answer


@bp.route("files/{*path}", methods=["GET"], auth_level=OPEN)
def files(req: func.HttpRequest) -> str:
    return req.route_params.get("path", "")


@bp.route("guarded", methods=["GET"])
def guarded(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")


@bp.route("fails", auth_level=OPEN)
def fails(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("this one always fails")


@bp.route("put/{queue}", methods=["POST"], auth_level=OPEN)
@bp.queue_output("work", queue_name="work", connection=STORAGE)
@bp.queue_output("failing", queue_name="failing", connection=STORAGE)
@bp.queue_output("slow", queue_name="slow", connection=STORAGE)
def put(
    req: func.HttpRequest,
    work: func.Out[typing.List[str]],  # noqa: UP006 (the worker refuses Out[list[str]])
    failing: func.Out[str],
    slow: func.Out[typing.List[str]],  # noqa: UP006 (the worker refuses Out[list[str]])
) -> func.HttpResponse:
    body = req.get_body().decode()
    match req.route_params["queue"]:
        case "work":
            work.set(json.loads(body))
        case "failing":
            failing.set(body)
        case "slow":
            slow.set(json.loads(body))
    return func.HttpResponse(status_code=202)


@bp.queue_trigger("msg", queue_name="work", connection=STORAGE)
async def work(msg: func.QueueMessage) -> None:
    _note("work", body=msg.get_body().decode(), dequeue_count=msg.dequeue_count, id=msg.id)


@bp.queue_trigger("msg", queue_name="failing", connection=STORAGE)
def failing(msg: func.QueueMessage) -> None:
    _note("failing", body=msg.get_body().decode(), dequeue_count=msg.dequeue_count)
    raise RuntimeError("cannot be done")


@bp.queue_trigger("msg", queue_name="slow", connection=STORAGE)
def slow(msg: func.QueueMessage) -> None:
    """Run until somebody writes into the named pipe that the message names."""
    _note("slow begins", body=msg.get_body().decode(), dequeue_count=msg.dequeue_count)
    Path(msg.get_body().decode()).read_text()
    _note("slow ends", body=msg.get_body().decode())


@bp.queue_trigger("msg", queue_name="chain", connection=STORAGE)
@bp.queue_output("$return", queue_name="work", connection=STORAGE)
def chain(msg: func.QueueMessage) -> str:
    return "from chain: " + msg.get_body().decode()


@bp.timer_trigger("t", schedule="%TICK_SCHEDULE%", run_on_startup=False)
def tick(t: func.TimerRequest) -> None:
    _note("tick", past_due=t.past_due, now=datetime.now(UTC).isoformat(), status=t.schedule_status)


@bp.timer_trigger("t", schedule="0 0 3 * * *", run_on_startup=True)
async def nightly(t: func.TimerRequest) -> None:
    _note("nightly", past_due=t.past_due, now=datetime.now(UTC).isoformat())


@bp.route("now", methods=["GET"], auth_level=OPEN)
def now(req: func.HttpRequest) -> func.HttpResponse:
    told = {"time": time.time(), "datetime": datetime.now(UTC).timestamp(), "monotonic": time.monotonic()}
    return func.HttpResponse(json.dumps(told), mimetype="application/json")


@bp.route("wait", methods=["POST"], auth_level=OPEN)
def wait(req: func.HttpRequest) -> func.HttpResponse:
    """Answer when somebody writes into the named pipe that the body names."""
    _note("wait begins")
    return func.HttpResponse(Path(req.get_body().decode()).read_text())


@bp.route("settings", methods=["GET"], auth_level=OPEN)
def settings(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(dict(os.environ)), mimetype="application/json")


@bp.route("health/ready", methods=["GET"], auth_level=OPEN)
def ready(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("ready")


app.register_functions(bp)
