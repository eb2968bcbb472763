"""The Bot Connector of the sandbox answers as Teams' does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.tenant import chats, tokens
from tests.sandbox.teams_desk import CARD, DECIDED, HUDA, MINISTRY, OMAR, TeamsDesk, card_message, oid


@pytest.fixture
def desk(description: Any) -> Iterator[TeamsDesk]:
    """What it exchanges with Graph is held to Microsoft's description where that is at hand."""
    made = TeamsDesk(description)
    yield made
    assert made.objections == []


def new_chat_with(member: str, **more: Any) -> dict[str, Any]:
    tenant_id = MINISTRY["tenant_id"]
    bot = {"id": f"28:{MINISTRY['app']['app_id']}"}
    frame = {"isGroup": False, "bot": bot, "tenantId": tenant_id, "channelData": {"tenant": {"id": tenant_id}}}
    return {**frame, "members": [{"id": member}], **more}


def error_code(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


class TestWhoMayCall:
    def test_a_call_without_a_token_is_401(self, desk: TeamsDesk) -> None:
        assert desk.call("POST", "/v3/conversations", new_chat_with(oid(HUDA))).status == 401

    def test_a_token_for_graph_is_401_at_the_connector(self, desk: TeamsDesk) -> None:
        token = tokens.issue_to_app(desk.tenant, tokens.GRAPH, [], desk.now)
        sent = desk.call("POST", "/v3/conversations", new_chat_with(oid(HUDA)), authorization=f"Bearer {token}")
        assert sent.status == 401

    def test_the_token_of_another_app_is_not_a_registered_bot(self, desk: TeamsDesk) -> None:
        token = tokens.issue(desk.tenant, tokens.CONNECTOR, desk.now, {"appid": "another", "oid": "another"})
        answer = desk.call("POST", "/v3/conversations", new_chat_with(oid(HUDA)), authorization=f"Bearer {token}")
        assert (answer.status, error_code(answer)) == (401, "BotNotRegistered")


class TestTheChatWithOnePerson:
    def test_it_is_the_same_chat_each_time_by_entra_id_or_mri(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        by_id = desk.as_app("POST", "/v3/conversations", new_chat_with(oid(HUDA)))
        by_mri = desk.as_app("POST", "/v3/conversations", new_chat_with(chats.mri(desk.tenant, oid(HUDA))))
        assert by_id.status == by_mri.status == 201
        assert by_id.json()["id"] == by_mri.json()["id"] == conversation
        assert conversation.startswith("a:")

    def test_a_first_activity_given_with_it_is_said_there(self, desk: TeamsDesk) -> None:
        desk.install(HUDA)
        made = desk.as_app("POST", "/v3/conversations", new_chat_with(oid(HUDA), activity=card_message()))
        assert made.json()["activityId"] == desk.messages(HUDA)[0]["activityId"]

    def test_without_the_app_it_is_forbidden(self, desk: TeamsDesk) -> None:
        answer = desk.as_app("POST", "/v3/conversations", new_chat_with(oid(HUDA)))
        assert (answer.status, error_code(answer)) == (403, "ForbiddenOperationException")

    @pytest.mark.parametrize("member", [HUDA, "00000000-0000-0000-0000-000000000000", "29:nobody"])
    def test_a_mail_address_or_a_stranger_is_a_bad_argument(self, desk: TeamsDesk, member: str) -> None:
        desk.install(HUDA)
        answer = desk.as_app("POST", "/v3/conversations", new_chat_with(member))
        assert (answer.status, error_code(answer)) == (400, "Bad Argument")

    @pytest.mark.parametrize(
        "change", [{"isGroup": True}, {"members": []}, {"channelData": {"tenant": {"id": "elsewhere"}}}]
    )
    def test_a_group_nobody_or_another_tenant_is_bad_syntax(self, desk: TeamsDesk, change: dict[str, Any]) -> None:
        desk.install(HUDA)
        answer = desk.as_app("POST", "/v3/conversations", {**new_chat_with(oid(HUDA)), **change})
        assert (answer.status, error_code(answer)) == (400, "BadSyntax")

    def test_the_mri_differs_from_the_entra_id_and_names_one_person(self, desk: TeamsDesk) -> None:
        first, second = (chats.mri(desk.tenant, oid(upn)) for upn in (HUDA, OMAR))
        assert first.startswith("29:")
        assert first != second
        assert oid(HUDA) not in first

    def test_its_members_are_the_one_person(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        plain = desk.as_app("GET", f"/v3/conversations/{conversation}/members").json()
        paged = desk.as_app("GET", f"/v3/conversations/{conversation}/pagedmembers?pageSize=500").json()
        one = desk.as_app("GET", f"/v3/conversations/{conversation}/members/{oid(HUDA)}").json()
        assert plain == paged["members"] == [one]
        assert (one["aadObjectId"], one["userPrincipalName"]) == (oid(HUDA), HUDA)
        assert desk.as_app("GET", f"/v3/conversations/{conversation}/members/{oid(OMAR)}").status == 404


class TestMessages:
    def test_a_card_stands_in_the_persons_chat(self, desk: TeamsDesk) -> None:
        activity_id = desk.send(desk.install(HUDA), card_message())
        (message,) = desk.messages(HUDA)
        assert (message["activityId"], message["from"], message["card"]) == (activity_id, "bot", CARD)

    def test_graphs_id_of_the_chat_serves_as_well_percent_encoded_or_not(self, desk: TeamsDesk) -> None:
        desk.install(HUDA)
        name = chats.graph_chat_id(desk.tenant, oid(HUDA))
        for spelt in (name, name.replace(":", "%3A").replace("@", "%40")):
            assert desk.as_app("POST", f"/v3/conversations/{spelt}/activities", card_message()).status == 201

    def test_a_put_replaces_the_message_in_its_place(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        activity_id = desk.send(conversation, card_message())
        desk.send(conversation, {"type": "message", "text": "بعدها"})
        put = desk.as_app("PUT", f"/v3/conversations/{conversation}/activities/{activity_id}", card_message(DECIDED))
        assert (put.status, put.json()) == (200, {"id": activity_id})
        assert [m["card"] for m in desk.messages(HUDA)] == [DECIDED, None]

    def test_a_put_on_a_persons_own_message_is_forbidden(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        said = desk.call("POST", f"/sandbox/teams/{HUDA}/say", {"text": "مساعدة"}).json()["activityId"]
        put = desk.as_app("PUT", f"/v3/conversations/{conversation}/activities/{said}", card_message())
        assert put.status == 403
        assert desk.messages(HUDA)[0]["text"] == "مساعدة"

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_a_message_that_is_not_there_is_404(self, desk: TeamsDesk, method: str) -> None:
        conversation = desk.install(HUDA)
        answer = desk.as_app(method, f"/v3/conversations/{conversation}/activities/1", card_message())
        assert (answer.status, error_code(answer)) == (404, "ActivityNotFoundInConversation")

    def test_a_deleted_message_is_gone(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        activity_id = desk.send(conversation, card_message())
        assert desk.as_app("DELETE", f"/v3/conversations/{conversation}/activities/{activity_id}").status == 200
        assert desk.messages(HUDA) == []

    def test_a_reply_stands_in_the_chat(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        first = desk.send(conversation, card_message())
        again = desk.as_app("POST", f"/v3/conversations/{conversation}/activities/{first}", card_message())
        assert again.status == 201
        assert len(desk.messages(HUDA)) == 2

    def test_typing_is_taken_and_not_shown(self, desk: TeamsDesk) -> None:
        desk.send(desk.install(HUDA), {"type": "typing"})
        assert desk.messages(HUDA) == []

    def test_two_messages_of_one_millisecond_have_two_ids(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        assert desk.send(conversation, card_message()) != desk.send(conversation, card_message())

    @pytest.mark.parametrize(
        "body",
        [b"{", b"[]", {"text": "no type"}, {"type": "message"}, card_message({"type": "HeroCard"}),
         {"type": "message", "attachments": "one"}],
    )  # fmt: skip
    def test_what_is_no_activity_is_bad_syntax(self, desk: TeamsDesk, body: Any) -> None:
        answer = desk.as_app("POST", f"/v3/conversations/{desk.install(HUDA)}/activities", body)
        assert (answer.status, error_code(answer)) == (400, "BadSyntax")

    def test_a_message_above_the_limit_is_413_however_it_is_escaped(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        fits = {"type": "message", "text": "ك" * 51_000}
        assert desk.as_app("POST", f"/v3/conversations/{conversation}/activities", fits).status == 201
        answer = desk.as_app("POST", f"/v3/conversations/{conversation}/activities", {**fits, "text": "ك" * 52_000})
        assert (answer.status, error_code(answer)) == (413, "MessageSizeTooBig")


class TestWhatStandsInTheWay:
    def test_an_unknown_chat_is_404(self, desk: TeamsDesk) -> None:
        answer = desk.as_app("POST", "/v3/conversations/a:1none/activities", card_message())
        assert (answer.status, error_code(answer)) == (404, "ConversationNotFound")

    def test_once_the_app_is_removed_the_bot_is_not_in_the_roster(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        desk.call("POST", f"/sandbox/teams/{HUDA}/uninstall")
        answer = desk.as_app("POST", f"/v3/conversations/{conversation}/activities", card_message())
        assert (answer.status, error_code(answer)) == (403, "BotNotInConversationRoster")

    @pytest.mark.parametrize(
        ("code", "status"),
        [("ConversationBlockedByUser", 403), ("MessageWritesBlocked", 403), ("PreconditionFailed", 412),
         ("BadGateway", 502)],
    )  # fmt: skip
    def test_a_refusal_lasts_as_often_as_it_was_asked_for(self, desk: TeamsDesk, code: str, status: int) -> None:
        conversation = desk.install(HUDA)
        desk.call("POST", f"/sandbox/teams/{HUDA}/refusal", {"code": code, "times": 2})
        path = f"/v3/conversations/{conversation}/activities"
        answers = [desk.as_app("POST", path, card_message()) for _ in range(3)]
        assert [a.status for a in answers] == [status, status, 201]
        assert error_code(answers[0]) == code

    def test_a_block_lasts_until_it_is_lifted_and_names_one_person(self, desk: TeamsDesk) -> None:
        blocked, free = desk.install(HUDA), desk.install(OMAR)
        desk.call("POST", f"/sandbox/teams/{HUDA}/refusal", {"code": "ConversationBlockedByUser"})
        for _ in range(3):
            assert desk.as_app("POST", f"/v3/conversations/{blocked}/activities", card_message()).status == 403
        desk.send(free, card_message())
        desk.call("POST", f"/sandbox/teams/{HUDA}/refusal", {"code": None})
        desk.send(blocked, card_message())

    def test_the_eighth_message_in_a_second_to_one_chat_waits_and_other_chats_go_on(self, desk: TeamsDesk) -> None:
        conversation, other = desk.install(HUDA), desk.install(OMAR)
        desk.pass_time(60)
        for _ in range(7):
            desk.send(conversation, card_message())
        answer = desk.as_app("POST", f"/v3/conversations/{conversation}/activities", card_message())
        assert (answer.status, error_code(answer), answer.headers["retry-after"]) == (429, "Throttled", "1")
        desk.send(other, card_message())
        desk.pass_time(2)
        desk.send(conversation, card_message())

    def test_sixty_messages_in_half_a_minute_are_the_most(self, desk: TeamsDesk) -> None:
        conversation = desk.install(HUDA)
        desk.pass_time(60)
        statuses = []
        for _ in range(70):
            path = f"/v3/conversations/{conversation}/activities"
            statuses.append(desk.as_app("POST", path, card_message()).status)
            desk.pass_time(0.3)
        assert statuses.count(201) == 60
        assert 429 not in statuses[:60]


def test_chats_survive_a_restart(tmp_path: Path) -> None:
    desk = TeamsDesk(folder=tmp_path)
    activity_id = desk.send(desk.install(HUDA), card_message())
    desk.tenant.world.close()
    again = TeamsDesk(folder=tmp_path)
    assert [m["activityId"] for m in again.messages(HUDA)] == [activity_id]
    conversation = again.chats(HUDA)[0]["conversationId"]
    assert int(again.send(conversation, card_message())) > int(activity_id)
