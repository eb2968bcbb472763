"""People and systems write here: a letter on paper is entered, a command given on a record."""

import asyncio
import hashlib
import json
import re
import typing
from datetime import datetime
from typing import TYPE_CHECKING, Any

import azure.functions as func

from functions.bells import BELL
from functions.callers import Caller, answered_to, in_json
from functions.commanding import BadField, command_of
from functions.limits import (
    LARGEST_LETTER_BYTES,
    LONGEST_KEY,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_FILES,
)
from functions.problems import problem, refused

if TYPE_CHECKING:
    from registry.office import Office, Person
    from service.deliveries import File, Slip

bp = func.Blueprint()

MAY_REGISTER = frozenset({"Records.Register.All", "Records.ReadWrite.All"})
_KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")
_TEXTS = ("subject", "sender_name", "sender_address", "their_reference", "letter_date")
_CHOICES = ("unit", "received_via", "urgency", "confidentiality", "to_unit", "asked")
_FLAGS = {"": False, "false": False, "true": True}


class Unfit(Exception):
    """What was sent makes no sense: the problem to answer with."""

    def __init__(self, status: int, key: str, **values: object) -> None:
        super().__init__(key)
        self.answer = problem(status, key, **values)


@bp.route("v1/records", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
async def enter_record(req: func.HttpRequest, effects: func.Out[typing.List[str]]) -> func.HttpResponse:
    """Enter a letter on paper (multipart/form-data), or begin one of ours (JSON); `Idempotency-Key`. 201 with the
    record; 200 for a repetition."""
    from app.wiring import house
    from registry.decisions import Refused
    from service.deliveries import KeyReused, KnownFiles

    async def answer(caller: Caller) -> func.HttpResponse:
        if (req.headers.get("content-type") or "").lower().partition(";")[0].strip() == "application/json":
            return await begun(req, caller, effects)
        try:
            key = key_of(req, caller)
            office = await asyncio.to_thread(house().service.office)
            slip, files = _slip_of(req, caller.viewer.person, office), _files_of(req)
        except Unfit as unfit:
            return unfit.answer
        person = caller.viewer.person
        try:
            entered = await house().deliveries.enter(
                slip,
                files,
                by=person.person_id if person is not None else None,
                on_behalf_of=f"app:{caller.app_id}" if person is None else None,
                key=key,
            )
        except KeyReused:
            return problem(422, "key_reused")
        except KnownFiles as known:
            reference = await asyncio.to_thread(house().service.reference, known.record_id)
            return problem(409, "files_known", reference=reference, anyway="again=true")
        if isinstance(entered.decision, Refused):
            return refused(entered.decision.reason, entered.decision.values)
        assert entered.record is not None, "what was not refused is there"
        effects.set([BELL] if entered.rang else [])
        shown = await asyncio.to_thread(house().service.show_as_made, caller.viewer, entered.record.record_id)
        where = f"{req.url.partition('?')[0].rstrip('/')}/{entered.record.record_id}"
        return in_json(shown, status=200 if entered.repeated else 201, Location=where)

    return await answered_to(req, answer, MAY_REGISTER)


async def begun(req: func.HttpRequest, caller: Caller, effects: func.Out[typing.List[str]]) -> func.HttpResponse:
    """A draft of the caller's, begun once."""
    from app.wiring import house
    from functions.drafting import draft_of
    from registry.decisions import Refused
    from service.once import KeyReused

    person = caller.viewer.person
    if person is None:
        return problem(403, "person_needed")
    try:
        key, asked = key_of(req, caller), json_of(req)
        command = await asyncio.to_thread(draft_of, asked, person.person_id, house().service)
    except Unfit as unfit:
        return unfit.answer
    except BadField as bad:
        return problem(400, "bad_parameter", name=bad.args[0])
    digest = digest_of("draft", asked)
    try:
        taken = await asyncio.to_thread(house().service.take_once, command, key=key, digest=digest)
    except KeyReused:
        return problem(422, "key_reused")
    if isinstance(taken.decision, Refused):
        return refused(taken.decision.reason, taken.decision.values)
    assert taken.record is not None, "what was not refused is there"
    effects.set([BELL] if taken.effects else [])
    shown = await asyncio.to_thread(house().service.show_as_made, caller.viewer, taken.record.record_id)
    where = f"{req.url.partition('?')[0].rstrip('/')}/{taken.record.record_id}"
    return in_json(shown, status=200 if taken.repeated else 201, Location=where)


@bp.route("v1/records/{record_id}/commands", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
async def command_record(req: func.HttpRequest, effects: func.Out[typing.List[str]]) -> func.HttpResponse:
    """`{"command": …}` by a person, see openapi_commands.py; `Idempotency-Key`; answers the record."""
    from app.wiring import house
    from registry.decisions import Refused
    from service.once import KeyReused

    async def answer(caller: Caller) -> func.HttpResponse:
        person, record_id = caller.viewer.person, req.route_params["record_id"]
        if person is None:
            return problem(403, "person_needed")
        try:
            key, asked = key_of(req, caller), json_of(req)
            command = await asyncio.to_thread(command_of, asked, record_id, person.person_id, house().service)
        except Unfit as unfit:
            return unfit.answer
        except BadField as bad:
            return problem(400, "bad_parameter", name=bad.args[0])
        if await asyncio.to_thread(house().service.show, caller.viewer, record_id) is None:
            return problem(404, "no_record")
        digest = digest_of(record_id, asked)
        try:
            taken = await asyncio.to_thread(house().service.take_once, command, key=key, digest=digest)
        except KeyReused:
            return problem(422, "key_reused")
        if isinstance(taken.decision, Refused):
            return refused(taken.decision.reason, taken.decision.values)
        effects.set([BELL] if taken.effects else [])
        return in_json(await asyncio.to_thread(house().service.show, caller.viewer, record_id))

    return await answered_to(req, answer, MAY_REGISTER)


def digest_of(what: str, asked: dict[str, Any]) -> str:
    """What names a request: the same of both again is a repetition."""
    said = json.dumps([what, asked], sort_keys=True)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def key_of(req: func.HttpRequest, caller: Caller) -> str:
    """The key of what is asked, the caller's own: two callers may choose the same."""
    key = req.headers.get("idempotency-key") or ""
    if not _KEY.fullmatch(key):
        raise Unfit(400, "key_missing", longest=LONGEST_KEY)
    person = caller.viewer.person
    return f"api:{person.person_id if person is not None else caller.app_id}:{key}"


# ---------------------------------------------------------------- a letter on paper


def _slip_of(req: func.HttpRequest, person: "Person | None", office: "Office") -> "Slip":
    from registry.mail import Address
    from service.deliveries import Slip

    if not (req.headers.get("content-type") or "").lower().startswith("multipart/form-data"):
        raise Unfit(415, "not_multipart", form="multipart/form-data")
    if len(req.get_body()) > LARGEST_LETTER_BYTES:
        raise Unfit(413, "too_large", most=LARGEST_LETTER_BYTES // 2**20, files=MOST_FILES)
    try:
        form = {name: str(req.form.get(name) or "").strip() for name in (*_TEXTS, *_CHOICES, "received_at", "again")}
    except ValueError:  # a body that is no multipart, whatever it calls itself
        raise Unfit(400, "bad_parameter", name="multipart/form-data") from None
    for name in _TEXTS:
        if len(form[name]) > LONGEST_TEXT:
            raise Unfit(400, "bad_parameter", name=name)
    if form["again"] not in _FLAGS:
        raise Unfit(400, "bad_parameter", name="again")
    registers = [unit.unit_id for unit in office.units.values() if unit.registry_for]
    mine = person.unit_id if person is not None and person.clerk else ""
    unit_id = form["unit"] or mine or (registers[0] if len(registers) == 1 else "")
    return Slip(
        unit_id=unit_id,
        way=form["received_via"] or "scan",
        subject=form["subject"],
        sender=Address(form["sender_name"], form["sender_address"]),
        letter_date=form["letter_date"],
        their_reference=form["their_reference"],
        urgency=form["urgency"],
        confidentiality=form["confidentiality"],
        to_unit=form["to_unit"],
        asked=form["asked"],
        received_at=instant_of(form["received_at"]),
        again=_FLAGS[form["again"]],
    )


def instant_of(text: str, name: str = "received_at") -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError
        return datetime.fromtimestamp(at.timestamp(), at.tzinfo)
    except (ValueError, OverflowError, OSError):
        raise Unfit(400, "bad_parameter", name=name) from None


def _files_of(req: func.HttpRequest) -> "list[File]":
    from service.deliveries import File

    sent = req.files.getlist("files")
    if len(sent) > MOST_FILES:
        raise Unfit(400, "too_large", most=LARGEST_LETTER_BYTES // 2**20, files=MOST_FILES)
    files = [File(f.filename or "", f.content_type or "application/octet-stream", f.stream.read()) for f in sent]
    if any(not f.body or not f.name or len(f.name) > LONGEST_NAME for f in files):
        raise Unfit(400, "bad_parameter", name="files")
    return files


# ---------------------------------------------------------------- a command


def json_of(req: func.HttpRequest) -> dict[str, Any]:
    try:
        asked = json.loads(req.get_body())
    except (ValueError, RecursionError):
        raise Unfit(400, "bad_parameter", name="body") from None
    if not isinstance(asked, dict):
        raise Unfit(400, "bad_parameter", name="body")
    return asked
