"""Other systems, and people with tokens of their own, read and enter who acts for whom."""

import asyncio
import hashlib
import json
import typing
from datetime import datetime
from typing import TYPE_CHECKING, Any

import azure.functions as func

from functions.bells import BELL
from functions.callers import Caller, answered, answered_to, in_json
from functions.limits import LONGEST_NOTE, LONGEST_TEXT
from functions.problems import problem, refused
from functions.writing import Unfit, instant_of, json_of, key_of

if TYPE_CHECKING:
    from registry.delegating import Delegate
    from registry.office import Office
    from service.views import Viewer

bp = func.Blueprint()

MAY_DELEGATE = frozenset({"Records.ReadWrite.All"})


@bp.route("v1/delegations", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def list_delegations(req: func.HttpRequest) -> func.HttpResponse:
    """`?person=`: whatever they delegated or were to take on; a person sees their own."""
    from app.wiring import house
    from service.delegations import delegation_view
    from service.views import instant

    async def answer(viewer: "Viewer") -> func.HttpResponse:
        office = await asyncio.to_thread(house().service.office)
        who = _person_of(req.params.get("person", ""), office)
        if who is None and "person" in req.params:
            return problem(400, "bad_parameter", name="person")
        if viewer.person is not None:
            if who not in (None, viewer.person.person_id):
                return problem(403, "own_delegations_only")
            who = viewer.person.person_id
        if who is None:
            return problem(400, "bad_parameter", name="person")
        found = await asyncio.to_thread(house().delegations.of, who)
        now = house().service.clock()
        return in_json({"as_of": instant(now), "items": [delegation_view(one, office, now) for one in found]})

    return await answered(req, answer, ("person",))


@bp.route("v1/delegations", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
async def enter_delegation(req: func.HttpRequest, effects: func.Out[typing.List[str]]) -> func.HttpResponse:
    """`{from, to, starts, until, …}`, `Idempotency-Key`; the substitute is asked by card. A person enters their own."""
    from app.wiring import house
    from registry.decisions import Refused
    from service.delegations import delegation_view
    from service.once import KeyReused

    async def answer(caller: Caller) -> func.HttpResponse:
        office = await asyncio.to_thread(house().service.office)
        try:
            key, asked = key_of(req, caller), json_of(req)
            command = _command(asked, caller, office, house().taker.chance.new_id())
        except Unfit as unfit:
            return unfit.answer
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode("utf-8", "replace")).hexdigest()
        try:
            taken = await asyncio.to_thread(house().delegations.take_once, command, key=key, digest=digest)
        except KeyReused:
            return problem(422, "key_reused")
        if isinstance(taken.decision, Refused):
            return refused(taken.decision.reason, taken.decision.values)
        if taken.delegation is None:
            return problem(409, "delegated_already")
        effects.set([BELL] if taken.rang else [])
        now = house().service.clock()
        return in_json(delegation_view(taken.delegation, office, now), status=201 if taken.rang else 200)

    return await answered_to(req, answer, MAY_DELEGATE)


def _person_of(who: str, office: "Office") -> str | None:
    """The id of whom an id or an address names; None for nobody named."""
    by_address = office.by_address(who) if "@" in who else None
    return by_address.person_id if by_address is not None else who or None


def _command(asked: dict[str, Any], caller: Caller, office: "Office", delegation_id: str) -> "Delegate":
    from registry.delegating import Delegate
    from registry.office import SYSTEM

    person = caller.viewer.person
    by = person.person_id if person is not None else SYSTEM
    starts, until = _instant(asked, "starts"), _instant(asked, "until")
    kinds = asked.get("kinds", [])
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        raise Unfit(400, "bad_parameter", name="kinds")
    if not isinstance(asked.get("may_pass_on", False), bool):
        raise Unfit(400, "bad_parameter", name="may_pass_on")
    return Delegate(
        delegation_id=delegation_id,
        by=by,
        from_person=_person_of(text_of(asked, "from") or "", office) or by,
        to_person=_person_of(text_of(asked, "to") or "", office) or "",
        starts=starts,
        until=until,
        secrecy=text_of(asked, "secrecy") or "",
        kinds=tuple(kinds),
        may_pass_on=asked.get("may_pass_on", False),
        post=text_of(asked, "post"),
        order=text_of(asked, "order", LONGEST_TEXT),
        note=text_of(asked, "note", LONGEST_NOTE),
        on_behalf_of=f"app:{caller.app_id}" if person is None else None,
    )


def _instant(asked: dict[str, Any], name: str) -> datetime:
    text = asked.get(name)
    at = instant_of(text, name) if isinstance(text, str) else None
    if at is None:
        raise Unfit(400, "bad_parameter", name=name)
    return at


def text_of(asked: dict[str, Any], name: str, longest: int = LONGEST_TEXT) -> str | None:
    from texts import clean

    text = asked.get(name)
    if text is not None and (not isinstance(text, str) or len(text) > longest):
        raise Unfit(400, "bad_parameter", name=name)
    return clean(text) if text is not None else None
