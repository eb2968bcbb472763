"""A memo drafted in Word: from the form in the chat to its frozen file, by the real bot, the API and OneDrive."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.acceptance.ministry import HUDA, Card, Ministry, opened
from tests.acceptance.test_way_of_a_memo import KHALID, OMAR, SALEM, of

ROOT = Path(__file__).resolve().parents[2]
SUBJECT = "مخاطبة الديوان بشأن المستندات"


def _organisation() -> str:
    """The sandbox's ministry, where memos are drafted in Word."""
    body = json.loads((ROOT / "sandbox" / "ministry" / "organisation.json").read_text("utf-8"))
    return json.dumps(body | {"documents": {"word": ["internal_memo"]}})


def _links(node: Any) -> list[str]:
    """Every link that a card's buttons lead to."""
    if isinstance(node, list):
        return [link for one in node for link in _links(one)]
    if not isinstance(node, dict):
        return []
    own = [node["url"]] if node.get("type") == "Action.OpenUrl" else []
    return own + [link for one in node.values() for link in _links(one)]


def _record(ministry: Ministry) -> Any:
    (found,) = ministry.records(search=SUBJECT, kind="internal_memo")
    return ministry.record(found["record_id"])


def _begun(ministry: Ministry) -> Card:
    before = len(ministry.cards(OMAR))
    ministry.says(OMAR, "مذكره")
    form = ministry.awaited(lambda: ministry.cards(OMAR)[before:], "the form of a draft")[-1]
    to = next(value for title, value in form.choices("to").items() if "القانونية" in title)
    words = {"subject": SUBJECT, "kind": "internal_memo", "text": "", "to": to, "disposition": "for_information"}
    ministry.presses(form, "draft_new", **words)
    return of(ministry, OMAR, SUBJECT, "submit")


def _asked(ministry: Ministry) -> Card:
    """The card of whoever is asked first, with a preview to open."""

    def look() -> Card | None:
        cards = (c for upn in (SALEM, KHALID, HUDA) for c in ministry.cards(upn))
        return next((c for c in cards if SUBJECT in c.words and "preview" in c.verbs), None)

    return ministry.awaited(look, "a card with a preview")


def _fetched(link: str) -> tuple[int, bytes]:
    """What a browser gets that has the link and nothing else."""
    try:
        with urllib.request.urlopen(link, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_memo_in_word_goes_its_way_on_frozen_bytes(tmp_path: Path) -> None:
    with opened(tmp_path, env={"ORGANISATION": _organisation()}) as ministry:
        for upn in (OMAR, SALEM, KHALID, HUDA):
            ministry.has_the_app(upn)
        card = _begun(ministry)
        draft = _record(ministry)
        assert draft["document"]["version"] == 1
        reader = ministry.stage.token(roles=("Records.Read.All",), audience="api")
        path = f"/api/v1/records/{draft['record_id']}/documents/{draft['document']['sha256']}"
        assert ministry.stage.product("GET", path, token=reader).body.startswith(b"PK")
        assert _links(card.content) == [draft["document"]["web_url"]]

        submitted = ministry.presses(card, "submit")
        assert "submit" not in submitted.verbs, submitted.words
        frozen = ministry.becomes(draft["record_id"], lambda r: r["document"]["preview"], "frozen, with its preview")
        assert frozen["document"]["frozen"] == draft["document"]["sha256"]
        assert frozen["status"] == "in_circuit"

        asked = _asked(ministry)
        link = next(link for link in _links(ministry.presses(asked, "preview").content) if "ticket=" in link)
        status, body = _fetched(link)
        assert (status, body[:5]) == (200, b"%PDF-")
        assert _fetched(link[:-1] + ("0" if link[-1] != "0" else "1"))[0] == 401
        assert _fetched(link.replace(frozen["document"]["preview"], frozen["document"]["frozen"]))[0] == 401
        assert ministry.sheet(draft["record_id"])["verified"]
