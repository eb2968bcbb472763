################################################################
# $batch: up to twenty requests in one
################################################################
#
# Rule 1: each inner request is answered, limited and failed like any other; the whole is 200 whatever became of them.
# Rule 2: answers come in no order that a caller may count on: here the last comes first.
# Rule 3: of the requests to one mailbox the cloud itself does four at a time, and each of them counts like any other:
#         where others ask the same mailbox, some of a batch may be too many.

import base64
import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from sandbox.tenant import graph
from sandbox.tenant.limits import MAILBOX_CONCURRENCY
from sandbox.tenant.mail.access import crowded, slot
from sandbox.tenant.odata import bad_request
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import NO_ANSWER, Refused, Request, Response, Steps, error_response, json_response

ROUTES = Routes()

AT_MOST = 20
CROWDED = "x-sandbox-crowded"  # of the outer request: the ids of those for which the mailbox had no room
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@ROUTES.on("POST", "/v1.0/$batch")
def batch(tenant: Tenant, request: Request, now: datetime) -> Steps:
    graph.caller(tenant, request, now)
    told: dict[str, dict[str, Any]] = {}
    too_many = request.headers.get(CROWDED, "").split()
    for inner in _in_order(graph.body_of(request).get("requests")):
        if any(told[other]["status"] >= 400 for other in inner.get("dependsOn") or ()):
            failed = error_response(424, "FailedDependency", "The request this one depends on has failed.")
            told[inner["id"]] = _shown(inner["id"], failed)
            continue
        if inner["id"] in too_many:
            told[inner["id"]] = _shown(inner["id"], crowded())
            continue
        answer = yield from tenant.handle(_inner(request, inner), now)
        if answer.status == NO_ANSWER.status:
            answer = error_response(504, "UnknownError", "The request timed out.")
        told[inner["id"]] = _shown(inner["id"], answer)
    return json_response({"responses": list(reversed(told.values()))})


def is_batch(request: Request) -> bool:
    return request.method == "POST" and unquote(request.path).rstrip("/") == "/v1.0/$batch"


def enter(tenant: Tenant, request: Request, now: datetime) -> tuple[list[str], Request]:
    """Take the places that a batch has at mailboxes while it is done; the caller leaves them. Returns the buckets, and
    the request that says for which of its requests there was no room."""
    held: list[str] = []
    too_many: list[str] = []
    try:
        requests = _in_order(request.json().get("requests"))
    except (Refused, ValueError, AttributeError):
        return held, request
    for said in requests:
        bucket = slot(tenant, _inner(request, said), now)
        if bucket is None or held.count(bucket) == MAILBOX_CONCURRENCY:
            continue
        if tenant.limits.enter(bucket, MAILBOX_CONCURRENCY):
            held.append(bucket)
        else:
            too_many.append(said["id"])
    return held, replace(request, headers={**request.headers, CROWDED: " ".join(too_many)})


def _in_order(requests: Any) -> list[dict[str, Any]]:
    """The inner requests, each after those it depends on. Raises Refused with 400 for what is no batch."""
    if not isinstance(requests, list) or not requests or not all(isinstance(each, dict) for each in requests):
        raise bad_request("Invalid batch payload format.")
    if len(requests) > AT_MOST:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {AT_MOST}.")
    by_id = {str(each.get("id")): {**each, "id": str(each.get("id"))} for each in requests}
    if len(by_id) != len(requests) or "None" in by_id:
        raise bad_request("Each request of a batch needs an id of its own.")
    for each in by_id.values():
        url = str(each.get("url", ""))
        if str(each.get("method", "")).upper() not in METHODS or not url.startswith("/") or "$batch" in url:
            raise bad_request(f"Invalid method or URL in request '{each['id']}': a relative URL is expected.")
    ordered: dict[str, dict[str, Any]] = {}
    while len(ordered) < len(by_id):
        ready = [
            k for k, each in by_id.items() if k not in ordered and set(each.get("dependsOn") or ()) <= ordered.keys()
        ]
        if not ready:
            raise bad_request("dependsOn names a request that is not there, or goes in a circle.")
        ordered |= {key: by_id[key] for key in ready}
    return list(ordered.values())


def _inner(outer: Request, said: dict[str, Any]) -> Request:
    headers = {name.lower(): str(value) for name, value in (said.get("headers") or {}).items()}
    if "authorization" in outer.headers:
        headers.setdefault("authorization", outer.headers["authorization"])
    body = said.get("body")
    if body is None:
        raw = b""
    elif isinstance(body, str) and not headers.get("content-type", "").startswith("application/json"):
        raw = body.encode() if headers.get("content-type", "").startswith("text/") else base64.b64decode(body)
    else:
        raw = json.dumps(body).encode()
    return Request(str(said["method"]).upper(), f"{outer.base}/v1.0{said['url']}", headers, raw)


def _shown(request_id: str, answer: Response) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": request_id, "status": answer.status, "headers": _headers(answer)}
    if answer.body:
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        shown["body"] = answer.json() if is_json else base64.b64encode(answer.body).decode()
    return shown


def _headers(answer: Response) -> dict[str, str]:
    """Header names as an HTTP/1 caller is used to reading them."""
    kept = {name: value for name, value in answer.headers.items() if name not in ("date", "request-id")}
    return {"-".join(word.capitalize() for word in name.split("-")): value for name, value in kept.items()}
