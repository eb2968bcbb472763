################################################################
# Microsoft's own Functions worker, driven the way Azure's host drives it
################################################################
#
# Rule 1: the product is reached by `azure-functions-runtime` alone: it imports function_app, indexes it and converts
#         what goes in and out. No room of the product is imported here.
# Rule 2: one Worker in a process: the library keeps its functions in module variables.
# Rule 3: what Azure has and this sandbox lacks (other bindings) is refused at the start, by name.

import functools
import importlib.metadata
import importlib.util
import json
import os
import re
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import Morsel
from types import ModuleType, SimpleNamespace
from typing import Any

KNOWN_TRIGGERS = ("httpTrigger", "queueTrigger", "timerTrigger")
KNOWN_OUTPUTS = ("http", "queue")


# Frames that say nothing about the function app: the worker's own, the thread pool's, the import machinery's.
_NOT_THE_APPS = re.compile(
    r'  File "[^"\n]*(?:azure_functions_runtime|concurrent.futures|importlib)[^\n]*\n(?:    [^\n]*\n)*'
)


class FunctionFailed(Exception):
    """A function raised, or what it returned does not fit its bindings. `trace` is its stack, for the log."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = _NOT_THE_APPS.sub("", trace).rstrip()


@dataclass(frozen=True, slots=True)
class Function:
    """One indexed function. `trigger` and `outputs` are its bindings as the worker tells them to the host."""

    name: str
    function_id: str
    trigger: Mapping[str, Any]
    outputs: Mapping[str, Mapping[str, Any]]

    @property
    def kind(self) -> str:
        """`httpTrigger`, `queueTrigger` or `timerTrigger`."""
        return str(self.trigger["type"])


@dataclass(frozen=True, slots=True)
class HttpCall:
    """An HTTP request on its way to a function. `params` are the parts of the path that the route names."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    params: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Invoked:
    """What one invocation left behind: `messages` are (queue, body) pairs from its output bindings, not stored yet."""

    answer: HttpAnswer | None = None
    messages: Sequence[tuple[str, bytes]] = field(default=())


class Worker:
    """The functions of one folder, indexed and ready to be invoked on the running event loop."""

    def __init__(self, runtime: ModuleType, functions: Mapping[str, Function]) -> None:
        self._runtime = runtime
        self.functions = functions

    @classmethod
    async def start(cls, root: str) -> "Worker":
        """Index the function_app.py in the folder *root* (an absolute path), as a start in Azure does.

        Raises:
            FunctionFailed: function_app cannot be imported or indexed, or has a binding that the sandbox lacks.
        """
        sys.path.insert(0, root)
        import azure_functions_runtime as runtime

        runtime.start_threadpool_executor()
        asked = _protos().WorkerInitRequest(function_app_directory=root)
        begun = await runtime.worker_init_request(_message(worker_init_request=asked))
        _raise_unless_success(begun.result)
        found = (await runtime.functions_metadata_request(None)).function_metadata_results
        return cls(runtime, {f.name: _function(f.name, f.function_id, f.raw_bindings) for f in found})

    def stop(self) -> None:
        """Wait for the synchronous functions that still run."""
        self._runtime.stop_threadpool_executor()

    async def http(self, name: str, call: HttpCall) -> Invoked:
        protos = _protos()
        request = protos.RpcHttp(
            method=call.method,
            url=call.url,
            headers=call.headers,
            query=call.query,
            params=call.params,
            body=protos.TypedData(bytes=call.body),
        )
        traced = {k.lower(): v for k, v in call.headers.items()}.get("traceparent", "")
        return await self._invoke(name, protos.TypedData(http=request), traceparent=traced)

    async def queue(
        self,
        name: str,
        body: bytes,
        *,
        message_id: str,
        pop_receipt: str,
        dequeue_count: int,
        inserted_at: datetime,
        expires_at: datetime,
        next_visible_at: datetime,
    ) -> Invoked:
        metadata = {
            "Id": _text(message_id),
            "PopReceipt": _text(pop_receipt),
            "DequeueCount": _json(dequeue_count),
            "InsertionTime": _json(inserted_at.isoformat()),
            "ExpirationTime": _json(expires_at.isoformat()),
            "NextVisibleTime": _json(next_visible_at.isoformat()),
        }
        return await self._invoke(name, _text_or_bytes(body), metadata)

    async def timer(self, name: str, *, past_due: bool, last: datetime | None, following: datetime | None) -> Invoked:
        status = {"Last": last and last.isoformat(), "Next": following and following.isoformat()}
        told = {"IsPastDue": past_due, "Schedule": {"AdjustForDST": False}, "ScheduleStatus": status}
        return await self._invoke(name, _json(told))

    async def _invoke(
        self, name: str, data: Any, metadata: Mapping[str, Any] | None = None, *, traceparent: str = ""
    ) -> Invoked:
        protos, function = _protos(), self.functions[name]
        invocation_id = str(uuid.uuid4())
        parent = traceparent or f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"
        asked = protos.InvocationRequest(
            invocation_id=invocation_id,
            function_id=function.function_id,
            input_data=[protos.ParameterBinding(name=function.trigger["name"], data=data)],
            trigger_metadata=metadata or {},
            trace_context={"trace_parent": parent},
        )
        done = await self._runtime.invocation_request(_message(invocation_request=asked))
        _raise_unless_success(done.result)
        sent = {out.name: out.data for out in done.output_data}
        if "$return" in function.outputs and done.HasField("return_value"):
            sent["$return"] = done.return_value
        messages, answer = [], None
        for parameter, value in sent.items():
            binding = function.outputs[parameter]
            if binding["type"] == "queue":
                messages += [(str(binding["queueName"]), body) for body in _bodies(value)]
            else:
                answer = _answer(value)
        return Invoked(answer, messages)


@functools.cache
def _protos() -> Any:
    """The FunctionRpc message classes. Their package calls itself `tests.protos`, a name that every project has a use
    for, so they are loaded from their file under a name of ours."""
    files = importlib.metadata.files("azure-functions-runtime-v1") or []
    found = next(file for file in files if str(file) == "tests/protos/__init__.py")
    path = str(found.locate())
    spec = importlib.util.spec_from_file_location(
        "functions_rpc", path, submodule_search_locations=[os.path.dirname(path)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["functions_rpc"] = module
    spec.loader.exec_module(module)
    return module


def _message(**parts: Any) -> Any:
    return SimpleNamespace(
        request=_protos().StreamingMessage(**parts), properties={"host": "127.0.0.1", "protos": _protos()}
    )


def _raise_unless_success(result: Any) -> None:
    if result.status != _protos().StatusResult.Success:
        raise FunctionFailed(result.exception.message, result.exception.stack_trace)


def _function(name: str, function_id: str, raw_bindings: Sequence[str]) -> Function:
    bindings = [json.loads(raw) for raw in raw_bindings]
    triggers = [b for b in bindings if b["type"].lower().endswith("trigger")]
    outputs = {b["name"]: _resolved(b) for b in bindings if b["direction"] == "OUT"}
    inputs = [b["type"] for b in bindings if b not in triggers and b["name"] not in outputs]
    strange = [b["type"] for b in triggers if b["type"] not in KNOWN_TRIGGERS]
    strange += [b["type"] for b in outputs.values() if b["type"] not in KNOWN_OUTPUTS] + inputs
    if strange:
        raise FunctionFailed(f"function {name} has a binding that the sandbox does not have: {', '.join(strange)}")
    return Function(name, function_id, _resolved(triggers[0]), outputs)


def _resolved(binding: dict[str, Any]) -> dict[str, Any]:
    """Put application settings in the place of `%NAME%`, as the host does in queue names and schedules."""

    def setting(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise FunctionFailed(f"the setting {found[1]} that a binding names in %…% is not set")
        return os.environ[found[1]]

    return {
        key: re.sub(r"%([^%]+)%", setting, value) if key in ("queueName", "schedule") else value
        for key, value in binding.items()
    }


def _text(value: str) -> Any:
    return _protos().TypedData(string=value)


def _json(value: Any) -> Any:
    return _protos().TypedData(json=json.dumps(value))


def _text_or_bytes(body: bytes) -> Any:
    try:
        return _text(body.decode())
    except UnicodeDecodeError:
        return _protos().TypedData(bytes=body)


def _plain(value: Any) -> bytes:
    """The bytes of a TypedData that holds text, JSON or bytes."""
    said = getattr(value, value.WhichOneof("data") or "bytes")
    return said if isinstance(said, bytes) else str(said).encode()


def _bodies(value: Any) -> list[bytes]:
    """The messages that one output binding asks for: a list leaves the worker as one JSON array."""
    if value.WhichOneof("data") != "json":
        return [_plain(value)]
    said = json.loads(value.json)
    rows = said if isinstance(said, list) else [said]
    return [str(row["body"] if isinstance(row, dict) else row).encode() for row in rows]


def _answer(value: Any) -> HttpAnswer:
    if value.WhichOneof("data") != "http":
        return HttpAnswer(200, [("content-type", "text/plain; charset=utf-8")], _plain(value))
    headers = [*value.http.headers.items(), *(("set-cookie", _cookie(c)) for c in value.http.cookies)]
    return HttpAnswer(int(value.http.status_code or 200), headers, _plain(value.http.body))


_SAME_SITE = {1: "Lax", 2: "Strict", 3: "None"}  # as the worker's protocol numbers them


def _cookie(sent: Any) -> str:
    morsel: Morsel[str] = Morsel()
    morsel.set(sent.name, sent.value, sent.value)
    for key, value in (("path", sent.path.value), ("domain", sent.domain.value)):
        if value:
            morsel[key] = str(value)
    if sent.HasField("max_age"):
        morsel["max-age"] = str(int(sent.max_age.value))
    if sent.same_site in _SAME_SITE:
        morsel["samesite"] = _SAME_SITE[sent.same_site]
    morsel["secure"], morsel["httponly"] = sent.secure.value, sent.http_only.value
    return morsel.OutputString()
