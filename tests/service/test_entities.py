"""The directory of entities: read from the organisation file and from lists, and recognised where a party is named."""

from typing import Any

import pytest

from registry.entities import CHANNELS, MAIL, Entity, is_address, named_in
from registry.errors import Misconfigured
from registry.office import Office
from service.entities import read_entities
from service.imported import NOTHING_IMPORTED, Imported, Misfit, read_imported, read_lists
from service.people import office_of, read_organisation
from tests.dispatch_values import BANK, BUREAU, ENTITIES, SENDING_OFFICE, TOWN, outgoing
from tests.values import KUWAIT, MAILBOX, Desk

ORGANISATION = """{
  "entity": {"id": "ministry", "ar": "وزارة", "en": "Ministry", "domains": ["ministry.example"]},
  "units": [
    {"id": "registry", "ar": "السجل", "en": "Registry", "code": "س.ع", "department": "Reg", "registry_for": ["BOX"]}
  ], MORE
  "entities": [
    {"code": "cbk", "ar": "البنك المركزي", "en": "Central Bank", "channel": "mail", "address": "registry@bank.example"},
    {"code": "moj", "ar": "وزارة العدل", "en": "Ministry of Justice"}
  ]
}""".replace("BOX", MAILBOX)
LIST = """entity,ar,en,channel,address
cbk,بنك الدولة,State Bank,mail,new@bank.example
sab,ديوان المحاسبة,Audit Bureau,MAIL,post@bureau.example
kmu,البلدية,Municipality,paper,
"""


def test_the_organisation_file_lists_them_and_by_hand_is_the_way_where_none_is_said() -> None:
    organisation = read_organisation(ORGANISATION.replace("MORE", '"mail_up_to": "normal",'), [MAILBOX])
    office = office_of(organisation, [], KUWAIT)
    assert office.entities["cbk"] == BANK
    assert (office.entities["moj"].channel, office.mail_up_to) == ("hand", "normal")


@pytest.mark.parametrize(
    ("entity", "fault"),
    [
        ({"code": "x", "ar": "س"}, "code, ar and en"),
        ({"code": "x", "ar": "س", "en": "X", "channel": "pigeon"}, "pigeon"),
        ({"code": "x", "ar": "س", "en": "X", "channel": "mail"}, "no address"),
        ({"code": "x", "ar": "س", "en": "X", "channel": "mail", "address": "x"}, "no address"),
    ],
)
def test_every_fault_of_the_file_is_named(entity: dict[str, Any], fault: str) -> None:
    _, wrong = read_entities([entity])
    assert len(wrong) == 1
    assert fault in wrong[0]
    assert read_entities([{"code": "x", "ar": "س", "en": "X"}] * 2)[1] == ["two entities are called x"]
    with pytest.raises(Misconfigured, match="mail_up_to"):
        read_organisation(ORGANISATION.replace("MORE", '"mail_up_to": "all",'), [MAILBOX])


def listed(*texts: str) -> tuple[Imported, list[Misfit]]:
    files = [(f"{n}.csv", text) for n, text in enumerate(texts)]
    return read_lists(files, NOTHING_IMPORTED, [], Office(entity_id="ministry"))


def test_a_list_stands_over_the_file_and_is_read_back_as_it_was() -> None:
    imported, misfits = listed(LIST)
    assert misfits == []
    assert read_imported(imported.body()) == imported
    organisation = read_organisation(ORGANISATION.replace("MORE", ""), [MAILBOX])
    entities = office_of(organisation, [], KUWAIT, imported).entities
    assert {e.code: e.address for e in entities.values()} == {
        "cbk": "new@bank.example",
        "moj": "",
        "sab": "post@bureau.example",
        "kmu": "",
    }
    assert entities["sab"].channel == MAIL


def test_a_line_that_does_not_fit_is_named_and_left_out() -> None:
    bad = "entity,ar,en,channel,address\na,ا,A,pigeon,\nb,ب,B,mail,nowhere\n,ت,C,hand,\nd,د,D,hand,\nd,د,D,hand,\n"
    imported, misfits = listed(bad)
    assert [e.entity for e in imported.entities] == ["d"]
    assert [(m.line, m.why) for m in misfits] == [
        (2, "import.no_channel"),
        (3, "import.no_address"),
        (4, "import.missing"),
        (6, "import.doubled"),
    ]


def test_an_import_from_before_there_were_entities_is_read() -> None:
    assert read_imported('{"units": [], "people": []}') == NOTHING_IMPORTED


@pytest.mark.parametrize(
    ("party", "codes"),
    [
        ("البنك المركزي", ("cbk",)),
        ("central bank", ("cbk",)),
        ("البنك المركزى، ديوان المحاسبه", ("cbk", "sab")),
        ("Central Bank; Municipality", ("cbk", "kmu")),
        ("البنك المركزي، شركة النور", ()),
        ("شركة النور", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_a_party_that_is_in_the_directory_is_recognised_and_others_are_not(
    party: str | None, codes: tuple[str, ...]
) -> None:
    assert named_in(party, (BANK, BUREAU, TOWN)) == codes


def test_a_draft_whose_party_is_recognised_goes_to_that_entity() -> None:
    desk = Desk(SENDING_OFFICE, record_id="l1")
    desk.accept(outgoing(recipients=(), party="البنك المركزي"))
    assert [r.entity for r in desk.held.recipients] == ["cbk"]
    free = Desk(SENDING_OFFICE, record_id="l1")
    free.accept(outgoing(recipients=(), party="شركة النور"))
    assert free.held.recipients == ()


def test_an_address_is_one_that_mail_can_be_sent_to() -> None:
    assert all(is_address(e.address) for e in ENTITIES.values() if e.channel == MAIL)
    assert not any(is_address(a) for a in ("", "a@b", "@b.example", "a b@c.example", "a@b.example>", "بنك@b.example"))
    assert {e.channel for e in ENTITIES.values()} <= set(CHANNELS)
    assert Entity(code="x", ar="س", en="X").name("ar") == "س"
