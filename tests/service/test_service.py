"""What the doors ask of the service: records page by page, one record, its sheet, its documents."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from registry.commands import Command, Quarantine, Register
from service.ports import Wanted
from service.service import BadCursor
from service.views import Viewer
from tests.service.house import Registry, chat_of
from tests.values import ANNEX, PEOPLE, forwarded, mail

SYSTEM = Viewer(None)


@pytest.fixture
def filled(house: Registry) -> Registry:
    """Five letters, one of them secret and one forwarded by Huda, and a mail in quarantine; a minute each."""
    letters: list[Command] = [
        Register(record_id="r1", mail=mail(1)),
        Register(record_id="r2", mail=forwarded(2, parts=(ANNEX,))),
        Register(record_id="r3", mail=mail(3, subject="سري: كشف")),
        Register(record_id="r4", mail=mail(4, subject="العقد")),
        Register(record_id="r5", mail=mail(5)),
        Quarantine(record_id="q1", mail=mail(6), reasons=("quarantine.encrypted",)),
    ]
    for command in letters:
        house.take(command)
        house.later(60)
    return house


def ids(house: Registry, viewer: Viewer, **wanted: object) -> list[str]:
    return [r["record_id"] for r in house.service.records(viewer, Wanted(**wanted)).items]  # type: ignore[arg-type]


def by(key: str) -> Viewer:
    return Viewer(PEOPLE[key])


def test_each_is_shown_the_records_they_may_read(filled: Registry) -> None:
    assert ids(filled, SYSTEM) == ["r5", "r4", "r3", "r2", "r1"]
    assert ids(filled, by("huda")) == ["r5", "r2", "r1"]
    assert ids(filled, by("laila")) == ["r4"]
    assert ids(filled, by("omar")) == []
    assert ids(filled, by("abdullah")) == ["r5", "r4", "r3", "r2", "r1"]


def test_nobody_widens_their_view_by_asking_as_somebody_else(filled: Registry) -> None:
    assert ids(filled, by("omar"), reader="huda") == []
    assert ids(filled, by("laila"), reader_unit="registry") == ["r4"]


def test_quarantine_is_shown_where_it_is_asked_for(filled: Registry) -> None:
    assert ids(filled, by("abdullah"), kind="quarantined_mail") == ["q1"]
    assert ids(filled, by("huda"), kind="quarantined_mail") == []


def test_page_by_page_every_record_comes_once(filled: Registry) -> None:
    shown, after = [], None
    while True:
        page = filled.service.records(SYSTEM, Wanted(top=2), after)
        shown += [r["record_id"] for r in page.items]
        assert page.as_of == filled.now
        if (after := page.next) is None:
            break
    assert shown == ["r5", "r4", "r3", "r2", "r1"]


@pytest.mark.parametrize(
    "strange",
    [
        "x",
        "%%%",
        "é",
        base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(b'["no date", "r1"]').decode(),
        base64.urlsafe_b64encode(b"[1, 2]").decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(json.dumps({"a": 1}).encode()).decode(),
    ],
)
def test_a_place_that_we_never_gave_is_refused(filled: Registry, strange: str) -> None:
    with pytest.raises(BadCursor):
        filled.service.records(SYSTEM, Wanted(), strange)


def test_who_may_not_read_a_record_is_answered_as_if_there_were_none(filled: Registry) -> None:
    service = filled.service
    for ask in (service.show, service.sheet):
        assert ask(by("omar"), "r1") is None
        assert ask(by("omar"), "no-such") is None
        assert ask(by("huda"), "r1") is not None
    assert service.document(by("omar"), "r2", ANNEX.sha256) is None


def test_a_record_is_shown_as_of_now(filled: Registry) -> None:
    shown = filled.service.show(by("huda"), "r1")
    assert shown is not None
    assert (shown["reference"], shown["as_of"]) == ("س.ع/و/1/2026", "2026-11-21T09:06:00Z")


def test_a_sheet_that_is_kept_is_verified(filled: Registry) -> None:
    shown = filled.service.sheet(by("huda"), "r2")
    assert shown is not None
    assert (shown["verified"], len(shown["events"])) == (True, 2)


def test_a_document_is_the_mail_or_an_annex_of_it(filled: Registry) -> None:
    find = filled.service.document
    source = filled.record("r2").source.sha256
    assert find(by("huda"), "r2", source) == ("س.ع-و-2-2026.eml", "message/rfc822")
    assert find(by("huda"), "r2", ANNEX.sha256) == (ANNEX.name, "application/pdf")
    assert find(by("huda"), "r2", "f" * 64) is None
    assert find(by("huda"), "r1", ANNEX.sha256) is None  # another record's


def test_who_is_not_cleared_opens_no_document(filled: Registry) -> None:
    source = filled.record("r3").source.sha256
    assert filled.service.show(by("abdullah"), "r3") is not None
    assert filled.service.document(by("abdullah"), "r3", source) is None
    assert filled.service.document(by("noura"), "r3", source) is not None


def test_a_chat_that_is_met_makes_what_waited_for_it_due(filled: Registry) -> None:
    claimed = filled.store.write(lambda tx: tx.claim("p", filled.now, filled.now + timedelta(minutes=1), 50))
    later = filled.now + timedelta(hours=1)
    for each in claimed:
        filled.store.write(lambda tx, e=each: tx.postpone(e.effect_id, "p", later, "no chat"))  # type: ignore[misc]
    assert filled.service.met(chat_of("huda")) == 3
    assert filled.store.read(lambda tx: tx.conversation("huda")) == chat_of("huda")
    filled.service.left("huda", "chat.blocked_by_user")
    blocked = replace(chat_of("huda"), blocked="chat.blocked_by_user")
    assert filled.store.read(lambda tx: tx.conversation("huda")) == blocked
