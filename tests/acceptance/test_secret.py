"""A secret letter: the register puts it before somebody unread, who signs in with Entra and reads it in a dialog."""

import http.client
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.acceptance.ministry import HUDA, NOURA, OMAR, Json, Ministry, letter
from tests.bot.rules_of_teams import walk, wrong_with

WORDS = "خطة إخلاء المبنى"


class Browser:
    """Somebody's browser: it keeps cookies, and follows redirects."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def go(self, url: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, final address and body."""
        for _ in range(5):
            parts = urlsplit(url)
            wire = http.client.HTTPConnection(parts.netloc, timeout=60)
            headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
            body = urlencode(form) if form is not None else None
            headers |= {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
            wire.request("POST" if form is not None else "GET", f"{parts.path}?{parts.query}", body, headers)
            told = wire.getresponse()
            page = told.read().decode()
            wire.close()
            if cookie := told.getheader("Set-Cookie"):
                assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(re.split("; *", cookie))
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            if told.status != 302:
                return told.status, url, page
            url, form = str(told.getheader("Location")), None
        raise AssertionError("sent round in circles")

    def signs_in(self, link: str, upn: str, **more: str) -> tuple[int, str, str]:
        """Open *link*, and sign in on the page that it leads to."""
        status, address, page = self.go(link)
        assert status == 200, page
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        asked = {name: value.replace("&quot;", '"').replace("&amp;", "&") for name, value in hidden.items()}
        return self.go(address.partition("?")[0], {**asked, "upn": upn, **more})


def link_in(told: Json) -> str:
    (link,) = [node["url"] for _, node in walk(told["card"]) if node.get("type") == "Action.OpenUrl"]
    return str(link)


def code_on(page: str) -> str:
    found = re.search(r'id="code">(\d+)<', page)
    assert found is not None, page
    return found[1]


class Chat:
    """Huda's card of the letter, and the dialog that it opens."""

    def __init__(self, ministry: Ministry, activity_id: str, token: str) -> None:
        self._ministry, self._activity_id, self._token = ministry, activity_id, token

    def asks(self, verb: str, *, opens: bool = False, **inputs: str) -> Json:
        said = {"activityId": self._activity_id, "as": "fetch" if opens else "dialog"}
        data = {"token": self._token, "verb": verb, **inputs}
        told: Json = self._ministry.control("POST", f"teams/{HUDA}/press", json={**said, "data": data})
        if told["card"] is not None:
            assert wrong_with(told["card"], rtl=True) == []
        return told


@pytest.fixture(scope="module")
def chat(ministry: Ministry) -> Chat:
    """A secret letter came, and Noura, who has not read it, put it before Huda."""
    ministry.says(HUDA, "مساعدة")
    ministry.says(NOURA, "مساعدة")
    ministry.arrives(letter(f"سري: {WORDS}"))
    record = ministry.registered(f"سري: {WORDS}")
    card = ministry.asked(NOURA, record["reference"], "refer")
    assert WORDS not in card.words
    ministry.refers(card, HUDA)
    put = ministry.asked(HUDA, record["reference"], "refer")
    return Chat(ministry, put.activity_id, put.data("refer")["token"])


def test_huda_signs_in_and_reads_it_and_the_chat_never_shows_a_word(ministry: Ministry, chat: Chat) -> None:
    first = chat.asks("open_secret", opens=True)
    assert WORDS not in str(first)
    status, address, page = Browser().signs_in(link_in(first), HUDA)
    assert (status, urlsplit(address).path) == (200, "/api/sign-in/done")
    shown = chat.asks("open_code", code=code_on(page))
    assert WORDS in str(shown)
    done = chat.asks("complete", note="اطّلعت، ولا ملاحظات")
    assert "اطّلعت، ولا ملاحظات" in str(done)
    record = ministry.registered(f"سري: {WORDS}")
    types = [event["type"] for event in ministry.sheet(record["record_id"])["events"]]
    assert types.index("SecretShown") < types.index("StepCompleted")
    ministry.at_rest()
    for upn in (HUDA, NOURA):
        assert WORDS not in str(ministry.control("GET", f"teams/{upn}/chats"))

    ministry.time_passes(15 * 60)
    assert WORDS not in str(chat.asks("view"))


def test_nobody_opens_it_by_another_way(ministry: Ministry, chat: Chat) -> None:
    link = link_in(chat.asks("open_secret", opens=True))

    # Somebody else signs in by the link.
    assert Browser().signs_in(link, OMAR)[0] == 403
    assert Browser().go(link)[0] == 410, "a link that came to nothing is good no more"

    # A sign-in that is an hour old, as of somebody whom the page let pass.
    link = link_in(chat.asks("open_secret", opens=True))
    assert Browser().signs_in(link, HUDA, signed_in_s_ago="3600")[0] == 403

    # The end of a sign-in in a browser that did not begin it; and the same end twice.
    link = link_in(chat.asks("open_secret", opens=True))
    began = Browser()
    _, _, page = began.go(link)
    state = re.search(r'name="state" value="([^"]+)"', page)
    assert state is not None
    done = ministry.stage.urls["product"] + "/api/sign-in/done?" + urlencode({"state": state[1], "code": "x"})
    assert Browser().go(done)[0] == 403
    assert began.go(done)[0] == 403, "a code that Entra does not know"
    assert Browser().signs_in(link_in(chat.asks("open_secret", opens=True)), HUDA)[0] == 200

    # A wrong code opens nothing.
    assert WORDS not in str(chat.asks("open_code", code="000000"))
    assert parse_qs(urlsplit(link).query)["ticket"] != [state[1]]
