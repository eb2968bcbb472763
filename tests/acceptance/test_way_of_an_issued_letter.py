"""A letter of ours its whole way: written in Word, frozen, signed, sealed, sent, and answered from outside.

In the sandbox's ministry Salem initials what Financial Affairs writes, and Huda signs it.
"""

import base64
import hashlib
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from documents.pdf_check import check
from documents.word import fill, words_of
from tests.acceptance.ministry import HUDA, REGISTRY, Card, Ministry, letter, opened
from tests.acceptance.test_way_of_a_memo import OMAR, SALEM, of, the_issued_file_is_sealed

SUBJECT = "تزويد البنك ببيانات الربع الثالث"
BANK = "registry@bank.example"


def _begun(ministry: Ministry) -> Card:
    before = len(ministry.cards(OMAR))
    ministry.says(OMAR, "مذكره")
    form = ministry.awaited(lambda: ministry.cards(OMAR)[before:], "the form of a draft")[-1]
    words = {"subject": SUBJECT, "kind": "outgoing_letter", "text": "", "outside": "bank", "expects_reply": "true"}
    ministry.presses(form, "draft_new", **words)
    return of(ministry, OMAR, SUBJECT, "submit")


def _record(ministry: Ministry) -> Any:
    (found,) = ministry.records(search=SUBJECT, kind="outgoing_letter")
    return ministry.record(found["record_id"])


def _writes(ministry: Ministry, text: str) -> str:
    """Omar writes the body in Word, in whatever lies in his drive; the SHA-256 of what it is then."""
    (file,) = ministry.control("GET", f"drives/{OMAR}")["files"]
    lies = base64.b64decode(ministry.control("GET", f"files/{file['id']}")["content"])
    body = fill(lies, {"body": text})
    content = base64.b64encode(body).decode()
    ministry.control("POST", f"files/{file['id']}/edit", json={"upn": OMAR, "content": content})
    return hashlib.sha256(body).hexdigest()


def _anew(ministry: Ministry, upn: str, verb: str, before: Card) -> Card:
    """Another card than *before* that asks *upn* to do *verb*: the old one may stand in the chat for a while."""

    def look() -> Card | None:
        others = (c for c in ministry.cards(upn) if c.activity_id != before.activity_id)
        return next((c for c in others if SUBJECT in c.words and verb in c.verbs), None)

    return ministry.awaited(look, f"a new card for {upn} that offers {verb}")


def _fetched(ministry: Ministry, record_id: str, sha256: str) -> bytes:
    token = ministry.stage.token(roles=["Records.Read.All"], audience="api")
    file = ministry.stage.product("GET", f"/api/v1/records/{record_id}/documents/{sha256}", token=token)
    assert file.status == 200
    return file.body


def _at_the_bank(ministry: Ministry) -> list[Any]:
    return [one for one in ministry.control("GET", "outside") if one["to"] == BANK]


def test_a_letter_is_written_frozen_signed_sealed_sent_and_answered(tmp_path: Path) -> None:
    with opened(tmp_path) as ministry:
        for upn in (OMAR, SALEM, HUDA):
            ministry.has_the_app(upn)
        card = _begun(ministry)
        record_id = _record(ministry)["record_id"]
        ministry.becomes(record_id, lambda r: r["document"], "its file to be placed")
        first = _writes(ministry, "نفيدكم بأن المبلغ ⁨1,250⁩ د.ك.")

        # what is submitted is what was written last, and is what is initialled
        ministry.presses(card, "submit")
        frozen = ministry.becomes(record_id, lambda r: r["document"]["preview"], "frozen, with its preview")
        assert frozen["document"]["frozen"] == first
        initialling = of(ministry, SALEM, SUBJECT, "initial")
        ministry.presses(initialling, "initial")

        # an edit behind the signer's back: the signature does not count, and whoever initialled is asked anew
        signing = of(ministry, HUDA, SUBJECT, "sign")
        second = _writes(ministry, "نفيدكم بأن المبلغ ⁨1,520⁩ د.ك.")
        ministry.presses(signing, "sign")
        again = _anew(ministry, SALEM, "initial", initialling)
        assert _record(ministry)["serial"] is None
        ministry.becomes(record_id, lambda r: r["document"]["frozen"] == second, "frozen anew")
        ministry.presses(again, "initial")
        ministry.presses(_anew(ministry, HUDA, "sign", signing), "sign")

        # numbered, sealed under the entity's certificate, made of the very bytes that were signed
        the_issued_file_is_sealed(ministry, record_id)
        issued = ministry.record(record_id)
        assert issued["sealed"]["frozen"] == second
        assert "1,520" in words_of(_fetched(ministry, record_id, second))

        # sent to the bank, once, with the sealed file
        ministry.becomes(record_id, lambda r: r["recipients"][0]["state"] == "sent", "sent")
        left = ministry.awaited(lambda: _at_the_bank(ministry), "the letter at the bank")[0]
        raw = ministry.stage.tenant("GET", left["mime"]).body
        mail = message_from_bytes(raw, policy=policy.default)
        (pdf,) = [part.get_payload(decode=True) for part in mail.iter_attachments()]
        assert hashlib.sha256(pdf).hexdigest() == issued["sealed"]["sha256"]
        assert check(pdf, certificate=issued["sealed"]["certificate"]).valid
        assert issued["reference"] in mail["subject"]

        # the bank answers in the thread: a letter of its own, linked, and the wait is over
        ministry.arrives(letter("رد", sender=f"البنك المركزي <{BANK}>", in_reply_to=mail["message-id"]), REGISTRY)
        ministry.becomes(record_id, lambda r: r["recipients"][0]["state"] == "answered", "answered")
        sheet = ministry.sheet(record_id)
        assert sheet["verified"]
        happened = [event["type"] for event in sheet["events"]]
        order = ("Frozen", "DecisionsVoided", "StepSigned", "Numbered", "Sealed", "Dispatched", "LetterSent")
        assert sorted(order, key=happened.index) == list(order)
        assert len(_at_the_bank(ministry)) == 1
        assert happened.count("LetterSent") == happened.count("Numbered") == happened.count("Sealed") == 1
