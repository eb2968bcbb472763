"""The directory: people as Graph lists them, and what changed among them."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.desk import HUDA, LAILA, NOURA, REGISTRY, Desk


def walk(desk: Desk, link: str, **more: str) -> tuple[list[Any], str]:
    """Every page to the end, and its deltaLink if there is one."""
    users: list[Any] = []
    while True:
        page = desk.get(link, **more)
        users += page["value"]
        if "@odata.nextLink" not in page:
            return users, page.get("@odata.deltaLink", "")
        link = page["@odata.nextLink"]


def oid(desk: Desk, upn: str) -> str:
    return str(desk.get(f"/v1.0/users/{upn}?$select=id")["id"])


def test_everybody_is_listed_page_by_page_once(desk: Desk) -> None:
    users, _ = walk(desk, "/v1.0/users?$top=5&$select=id,userPrincipalName")
    assert len(users) == len({user["id"] for user in users}) == len(desk.tenant.ministry["people"]) + 1


def test_what_is_not_usual_must_be_selected(desk: Desk) -> None:
    assert "department" not in desk.get(f"/v1.0/users/{HUDA}")
    told = desk.get(f"/v1.0/users/{HUDA}?$select=department,preferredLanguage,accountEnabled,jobTitle,mail")
    assert (told["department"], told["preferredLanguage"], told["accountEnabled"]) == ("الشؤون المالية", "ar-KW", True)


def test_a_property_that_does_not_exist_cannot_be_selected(desk: Desk) -> None:
    assert desk.call("GET", "/v1.0/users?$select=shoeSize", by="app").status == 400


@pytest.mark.parametrize(
    "written",
    [
        f"mail eq '{HUDA}'",
        f"userPrincipalName eq '{HUDA.upper()}'",
        f"id in ('{'7b1f0c52-0d0c-4b0e-9a55-3f2f6f5f0003'}')",
        "startswith(displayName,'هدى') and accountEnabled eq true",
        "(givenName eq 'هدى')",
    ],
)
def test_people_are_found_by_filters(desk: Desk, written: str) -> None:
    users, _ = walk(desk, f"/v1.0/users?$filter={quote(written)}")
    assert [user["userPrincipalName"] for user in users] == [HUDA]


def test_a_filter_that_makes_no_sense_is_refused(desk: Desk) -> None:
    for written in ("mail eq", "mail is 'x'", "mail eq 'x' and", "nonsense(mail,'x')", "mail eq 'x"):
        told = desk.call("GET", f"/v1.0/users?$filter={quote(written)}", by="app")
        assert (told.status, told.json()["error"]["code"]) == (400, "BadRequest"), written


def test_the_registry_mailbox_is_a_user_that_cannot_sign_in(desk: Desk) -> None:
    users, _ = walk(desk, "/v1.0/users?$filter=accountEnabled eq false&$select=mail")
    assert [user["mail"] for user in users] == [REGISTRY]


def test_a_manager_is_asked_for_or_expanded(desk: Desk) -> None:
    assert desk.get(f"/v1.0/users/{LAILA}/manager")["userPrincipalName"] == "faisal@ministry.example"
    expanded = desk.get(f"/v1.0/users/{LAILA}?$expand=manager")
    assert expanded["manager"]["userPrincipalName"] == "faisal@ministry.example"


def test_who_has_no_manager_answers_404(desk: Desk) -> None:
    told = desk.call("GET", f"/v1.0/users/{NOURA}/manager", by="app")
    assert (told.status, told.json()["error"]["code"]) == (404, "Request_ResourceNotFound")


def test_nobody_of_that_name_answers_404(desk: Desk) -> None:
    assert desk.call("GET", "/v1.0/users/nobody@ministry.example", by="app").status == 404


def test_me_is_the_person_of_the_token_and_nobody_for_an_app(desk: Desk) -> None:
    assert desk.get("/v1.0/me", HUDA)["userPrincipalName"] == HUDA
    assert desk.call("GET", "/v1.0/me", by="app").status == 400


def test_a_round_of_users_delta_tells_what_changed_since_the_last(desk: Desk) -> None:
    first, link = walk(desk, "/v1.0/users/delta?$select=displayName,accountEnabled", prefer="odata.maxpagesize=4")
    assert len(first) == len(desk.tenant.ministry["people"]) + 1
    assert walk(desk, link)[0] == []
    desk.call("PATCH", f"/sandbox/people/{HUDA}", {"accountEnabled": False})
    changed, _ = walk(desk, link)
    assert changed == [{"id": oid(desk, HUDA), "displayName": "هدى العلي", "accountEnabled": False}]


def test_a_manager_is_tracked_when_selected(desk: Desk) -> None:
    users, _ = walk(desk, "/v1.0/users/delta?$select=displayName,manager")
    laila = next(user for user in users if user["id"] == oid(desk, LAILA))
    assert [m["id"] for m in laila["manager@delta"]] == [oid(desk, "faisal@ministry.example")]


def test_a_users_delta_token_dies_after_seven_days(desk: Desk) -> None:
    _, link = walk(desk, "/v1.0/users/delta")
    desk.driver.advance(7 * 24 * 3600 + 1)
    desk.sign_in_again()
    told = desk.call("GET", link, by="app")
    assert (told.status, told.json()["error"]["code"]) == (410, "syncStateNotFound")
    assert walk(desk, told.headers["location"])[0]


def test_from_now_on_is_a_token_too(desk: Desk) -> None:
    users, link = walk(desk, "/v1.0/users/delta?$deltatoken=latest")
    assert users == []
    desk.call("PATCH", f"/sandbox/people/{HUDA}", {"jobTitle": "وكيلة"})
    assert [user["id"] for user in walk(desk, link)[0]] == [oid(desk, HUDA)]
