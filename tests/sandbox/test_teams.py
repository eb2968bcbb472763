"""The app catalogue, installations and a person's hand in Teams, in the sandbox."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from sandbox.tenant import chats, teams, tokens
from sandbox.tenant.wire import NO_ANSWER, Response, json_response
from tests.sandbox.teams_desk import (
    CARD,
    DECIDED,
    HUDA,
    LAILA,
    MINISTRY,
    OMAR,
    TeamsDesk,
    answer_with,
    card_message,
    oid,
)


@pytest.fixture
def desk(description: Any) -> Iterator[TeamsDesk]:
    """What it exchanges with Graph is held to Microsoft's description where that is at hand."""
    made = TeamsDesk(description)
    yield made
    assert made.objections == []


class TestInstalling:
    def test_the_app_is_found_by_the_id_of_its_manifest_under_another_id(self, desk: TeamsDesk) -> None:
        manifest = teams.manifest_id(desk.tenant)
        found = desk.as_app("GET", f"/v1.0/appCatalogs/teamsApps?$filter=externalId eq '{manifest}'").json()
        (app,) = found["value"]
        assert (app["externalId"], app["distributionMethod"]) == (manifest, "organization")
        assert app["id"] != manifest
        none = desk.as_app("GET", "/v1.0/appCatalogs/teamsApps?$filter=externalId eq 'another'").json()
        assert none["value"] == []

    def test_it_answers_201_with_an_empty_body_and_409_the_second_time(self, desk: TeamsDesk) -> None:
        first, second = (
            desk.as_app("POST", f"/v1.0/users/{oid(HUDA)}/teamwork/installedApps", desk.binding()) for _ in range(2)
        )
        assert (first.status, first.body) == (201, b"")
        assert (second.status, second.json()["error"]["code"]) == (409, "Conflict")

    def test_the_bot_hears_of_it_a_moment_later_and_not_before(self, desk: TeamsDesk) -> None:
        desk.as_app("POST", f"/v1.0/users/{HUDA}/teamwork/installedApps", desk.binding())
        assert desk.activities == []
        desk.pass_time(2)
        assert [a["type"] for a in desk.activities] == ["conversationUpdate", "installationUpdate"]
        members, installed = desk.activities
        assert {"id": chats.mri(desk.tenant, oid(HUDA)), "name": "هدى العلي", "aadObjectId": oid(HUDA)} in members[
            "membersAdded"
        ]
        assert (installed["action"], installed["from"]["aadObjectId"]) == ("add", oid(HUDA))
        assert installed["conversation"] == {
            "conversationType": "personal",
            "tenantId": MINISTRY["tenant_id"],
            "id": desk.chats(HUDA)[0]["conversationId"],
        }

    def test_a_bot_that_is_down_is_told_again_and_in_order(self) -> None:
        answers = [NO_ANSWER, json_response({}, 503), json_response({}), json_response({})]
        desk = TeamsDesk(bot=lambda activity: answers.pop(0))
        desk.as_app("POST", f"/v1.0/users/{HUDA}/teamwork/installedApps", desk.binding())
        desk.pass_time(60)
        assert [a["type"] for a in desk.activities] == ["conversationUpdate"] * 3 + ["installationUpdate"]

    def test_graph_names_the_installation_and_its_chat(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        app = teams.catalogue_id(desk.tenant)
        path = f"/v1.0/users/{HUDA}/teamwork/installedApps"
        listed = desk.as_app("GET", f"{path}?$expand=teamsApp&$filter=teamsApp/id eq '{app}'").json()["value"]
        assert listed[0]["teamsApp"]["externalId"] == teams.manifest_id(desk.tenant)
        chat = desk.as_app("GET", f"{path}/{listed[0]['id']}/chat").json()
        assert chat["id"].startswith("19:")
        assert chats.chat_named(desk.tenant, chat["id"]) == chats.chat_named(desk.tenant, conversation)

    def test_removing_it_tells_the_bot(self, desk: TeamsDesk) -> None:
        desk.install(HUDA)
        path = f"/v1.0/users/{HUDA}/teamwork/installedApps"
        (installation,) = desk.as_app("GET", path).json()["value"]
        assert desk.as_app("DELETE", f"{path}/{installation['id']}").status == 204
        desk.pass_time(2)
        assert desk.activities[-1]["action"] == "remove"
        assert desk.as_app("GET", path).json()["value"] == []

    @pytest.mark.parametrize("who", ["registry@ministry.example", "nobody@ministry.example"])
    def test_a_shared_mailbox_and_nobody_have_no_teams(self, desk: TeamsDesk, who: str) -> None:
        assert desk.as_app("POST", f"/v1.0/users/{who}/teamwork/installedApps", desk.binding()).status == 404

    def test_an_app_that_is_not_in_the_catalogue_is_404_and_no_app_400(self, desk: TeamsDesk) -> None:
        path = f"/v1.0/users/{HUDA}/teamwork/installedApps"
        other = {"teamsApp@odata.bind": "https://graph.microsoft.com/v1.0/appCatalogs/teamsApps/other"}
        assert desk.as_app("POST", path, other).status == 404
        assert desk.as_app("POST", path, {}).status == 400

    def test_it_needs_the_permission_in_the_apps_own_token(self, desk: TeamsDesk) -> None:
        path = f"/v1.0/users/{HUDA}/teamwork/installedApps"
        bare = tokens.issue_to_app(desk.tenant, tokens.GRAPH, ["User.Read.All"], desk.now)
        assert desk.call("POST", path, desk.binding(), authorization=f"Bearer {bare}").status == 403
        assert desk.call("POST", path, desk.binding()).status == 401


class TestWhatTheBotIsSent:
    def test_every_activity_carries_the_channels_token_for_its_service_url(self, desk: TeamsDesk) -> None:
        desk.install(HUDA)
        keys = jwt.PyJWKSet.from_dict(desk.call("GET", "/botframework/keys").json())
        for request, activity in zip(desk.to_bot, desk.activities, strict=True):
            token = request.headers["authorization"].removeprefix("Bearer ")
            key = keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token,
                key.key,
                ["RS256"],
                audience=MINISTRY["app"]["app_id"],
                issuer=tokens.CONNECTOR,
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
            assert claims["serviceurl"] == activity["serviceUrl"] == "http://127.0.0.1:8400/"

    def test_a_press_is_an_invoke_that_names_verb_data_card_and_person(self, desk: TeamsDesk) -> None:
        activity_id = desk.send(desk.install(HUDA), card_message())
        desk.press(HUDA, activity_id)
        invoke = desk.activities[-1]
        assert (invoke["type"], invoke["name"], invoke["replyToId"]) == ("invoke", "adaptiveCard/action", activity_id)
        assert invoke["value"]["trigger"] == "manual"
        assert invoke["value"]["action"] == {
            "type": "Action.Execute",
            "verb": "approve",
            "data": {"token": "t1", "note": "موافق"},
        }
        assert invoke["from"]["aadObjectId"] == oid(HUDA)
        assert (invoke["locale"], invoke["localTimestamp"][-6:]) == ("ar-KW", "+03:00")

    def test_the_same_press_can_arrive_again_under_the_same_id(self, desk: TeamsDesk) -> None:
        activity_id = desk.send(desk.install(HUDA), card_message())
        for _ in range(2):
            desk.press(HUDA, activity_id, client_activity_id="press-1")
        desk.press(HUDA, activity_id)
        first, second, third = (a["id"] for a in desk.activities[-3:])
        assert first == second == "press-1"
        assert third != first

    def test_the_fallback_is_a_message_with_the_data_as_its_value(self, desk: TeamsDesk) -> None:
        activity_id = desk.send(desk.install(HUDA), card_message())
        outcome = desk.press(HUDA, activity_id, **{"as": "submit"})
        sent = desk.activities[-1]
        assert (sent["type"], sent["value"]) == ("message", {"token": "t1", "note": "موافق"})
        assert outcome == {"status": 200, "card": None, "message": None}

    def test_somebody_else_can_press_for_a_test(self, desk: TeamsDesk) -> None:
        activity_id = desk.send(desk.install(HUDA), card_message())
        desk.bot = lambda activity: answer_with(DECIDED)
        desk.press(HUDA, activity_id, **{"from": OMAR})
        assert desk.activities[-1]["from"]["aadObjectId"] == oid(OMAR)
        assert desk.messages(HUDA)[0]["card"] == CARD

    def test_a_typed_message_reaches_the_bot_and_stands_in_the_chat(self, desk: TeamsDesk) -> None:
        desk.install(LAILA)
        desk.call("POST", f"/sandbox/teams/{LAILA}/say", {"text": "pending"})
        sent = desk.activities[-1]
        assert (sent["type"], sent["text"], sent["locale"]) == ("message", "pending", "en-US")
        (message,) = desk.messages(LAILA)
        assert (message["from"], message["text"], message["activityId"]) == (LAILA, "pending", sent["id"])

    def test_who_types_without_having_the_app_adds_it_first(self, desk: TeamsDesk) -> None:
        desk.call("POST", f"/sandbox/teams/{OMAR}/say", {"text": "مساعدة"})
        desk.pass_time(1)
        assert {a["type"] for a in desk.activities} == {"message", "conversationUpdate", "installationUpdate"}
        assert desk.chats(OMAR)[0]["installed"]

    def test_a_guest_can_speak_whom_the_directory_does_not_know(self, desk: TeamsDesk) -> None:
        stranger = "someone@elsewhere.example"
        assert desk.call("POST", f"/sandbox/teams/{stranger}/say", {"text": "hello"}).status == 404
        assert desk.call("POST", f"/sandbox/teams/{stranger}/say", {"text": "hello", "guest": True}).status == 200
        assert desk.activities[-1]["from"]["aadObjectId"] not in {one["id"] for one in MINISTRY["people"]}
        assert desk.messages(stranger)[0]["text"] == "hello"


class TestWhatThePersonSees:
    def test_the_card_in_the_answer_replaces_the_pressed_one(self, desk: TeamsDesk) -> None:
        activity_id = desk.send(desk.install(HUDA), card_message())
        desk.bot = lambda activity: answer_with(DECIDED)
        assert desk.press(HUDA, activity_id) == {"status": 200, "card": DECIDED, "message": None}
        assert desk.messages(HUDA)[0]["card"] == DECIDED

    def test_a_later_put_of_the_bot_replaces_it_again(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        activity_id = desk.send(conversation, card_message())
        desk.bot = lambda activity: answer_with(DECIDED)
        desk.press(HUDA, activity_id)
        anew = {**CARD, "body": []}
        desk.as_app("PUT", f"/v3/conversations/{conversation}/activities/{activity_id}", card_message(anew))
        assert desk.messages(HUDA)[0]["card"] == anew

    def test_a_text_in_the_answer_is_shown_and_the_card_stays(self, desk: TeamsDesk) -> None:
        activity_id = desk.send(desk.install(HUDA), card_message())
        desk.bot = lambda activity: answer_with("سُجّل", "application/vnd.microsoft.activity.message")
        assert desk.press(HUDA, activity_id) == {"status": 200, "card": None, "message": "سُجّل"}
        assert desk.messages(HUDA)[0]["card"] == CARD

    def test_an_error_in_the_answer_is_told_with_its_status(self, desk: TeamsDesk) -> None:
        activity_id = desk.send(desk.install(HUDA), card_message())
        value = {"code": "BadRequest", "message": "ليست لك"}
        desk.bot = lambda activity: answer_with(value, "application/vnd.microsoft.error", 400)
        assert desk.press(HUDA, activity_id) == {"status": 400, "card": None, "message": "ليست لك"}

    @pytest.mark.parametrize(
        "answer",
        [NO_ANSWER, json_response({}, 500), json_response({}, 401), json_response([]), Response(200, {}, b"<html>"),
         Response(200), json_response({"statusCode": 200, "type": "unheard of", "value": {}}),
         answer_with({"type": "HeroCard"})],
    )  # fmt: skip
    def test_any_other_answer_is_something_went_wrong(self, desk: TeamsDesk, answer: Response) -> None:
        activity_id = desk.send(desk.install(HUDA), card_message())
        desk.bot = lambda activity: answer
        outcome = desk.press(HUDA, activity_id)
        assert (outcome["card"], outcome["message"]) == (None, "حدث خطأ ما. حاول مرة أخرى.")
        assert desk.messages(HUDA)[0]["card"] == CARD

    def test_teams_waits_fifteen_seconds_for_a_press(self, desk: TeamsDesk) -> None:
        activity_id = desk.send(desk.install(HUDA), card_message())
        desk.press(HUDA, activity_id)
        assert desk.to_bot[-1].timeout_s == 15

    def test_an_english_reader_is_told_in_english(self, desk: TeamsDesk) -> None:
        activity_id = desk.send(desk.install(LAILA), card_message())
        desk.bot = lambda activity: NO_ANSWER
        assert desk.press(LAILA, activity_id)["message"] == "Something went wrong. Please try again."

    def test_a_message_that_is_not_the_bots_cannot_be_pressed(self, desk: TeamsDesk) -> None:
        desk.install(HUDA)
        desk.call("POST", f"/sandbox/teams/{HUDA}/say", {"text": "مساعدة"})
        said = desk.messages(HUDA)[0]["activityId"]
        for activity_id in (said, "1"):
            answer = desk.call("POST", f"/sandbox/teams/{HUDA}/press", {"activityId": activity_id, "verb": "approve"})
            assert answer.status == 404

    def test_an_unchanged_chat_is_304_and_a_changed_one_is_not(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        shown = desk.call("GET", f"/sandbox/teams/{HUDA}/chats")
        seen = {"if_none_match": shown.headers["etag"]}
        assert desk.call("GET", f"/sandbox/teams/{HUDA}/chats", **seen).status == 304
        desk.send(conversation, card_message())
        assert desk.call("GET", f"/sandbox/teams/{HUDA}/chats", **seen).status == 200

    def test_who_has_no_app_has_no_chats(self, desk: TeamsDesk) -> None:
        assert desk.chats(HUDA) == []
