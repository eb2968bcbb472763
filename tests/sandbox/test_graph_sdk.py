"""Microsoft's own Graph SDK uses the tenant: what it asks and gets is held to Microsoft's description, if at hand."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph.generated.drives.item.items.item.invite.invite_post_request_body import InvitePostRequestBody
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.drive_recipient import DriveRecipient
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.file_attachment import FileAttachment
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.single_value_legacy_extended_property import SingleValueLegacyExtendedProperty
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.users.item.mail_folders.item.messages.delta.delta_request_builder import DeltaRequestBuilder
from msgraph.generated.users.item.messages.item.create_forward.create_forward_post_request_body import (
    CreateForwardPostRequestBody,
)
from msgraph.generated.users.item.messages.item.create_reply.create_reply_post_request_body import (
    CreateReplyPostRequestBody,
)
from msgraph.generated.users.item.messages.item.move.move_post_request_body import MovePostRequestBody
from msgraph.generated.users.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import SendMailPostRequestBody
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory

from tests.sandbox.desk import HUDA, LAILA, REGISTRY, letter
from tests.sandbox.served import Served, listen

PROPERTY = "String {6c2f8a10-3c1e-4a55-9a0e-0f4c2d5b7e21} Name SdkKey"
IMMUTABLE = 'IdType="ImmutableId"'


class Judged(httpx.AsyncBaseTransport):
    """Every exchange of the SDK, held to Microsoft's description."""

    def __init__(self, description: Any) -> None:
        self.found: list[str] = []
        self._description = description
        self._net = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent = await request.aread()
        reply = await self._net.handle_async_request(request)
        got = await reply.aread()
        method, url = request.method, str(request.url)
        if self._description is not None:
            asked = self._description.request(method, url, dict(request.headers), sent)
            answered = self._description.response(method, url, reply.status_code, dict(reply.headers), got)
            self.found += [f"{method} {request.url.path}: {each}" for each in (*asked[0], *answered[0], *answered[1])]
        return httpx.Response(reply.status_code, headers=reply.headers, content=got, request=request)

    async def aclose(self) -> None:
        await self._net.aclose()


class Given:
    """A credential that has its token already."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_token(self, *scopes: str, **more: Any) -> AccessToken:
        return AccessToken(self._token, int(datetime.now(UTC).timestamp()) + 3000)

    async def close(self) -> None:
        """Nothing to close."""


@contextlib.asynccontextmanager
async def signed_in(served: Served, description: Any, upn: str) -> AsyncIterator[GraphServiceClient]:
    """The SDK with somebody's token; at the end what went over the wire is judged."""
    judged = Judged(description)
    scopes = ["https://graph.microsoft.com/.default"]
    credential: Any = Given(served.token(upn))
    auth = AzureIdentityAuthenticationProvider(credential, scopes=scopes, allowed_hosts=["127.0.0.1"])
    async with httpx.AsyncClient(transport=judged) as client:
        adapter = GraphRequestAdapter(auth, GraphClientFactory.create_with_default_middleware(client=client))
        adapter.base_url = f"{served.http}/v1.0"
        yield GraphServiceClient(request_adapter=adapter)
    assert judged.found == []


@pytest.fixture
async def graph(served: Served, description: Any) -> AsyncIterator[GraphServiceClient]:
    async with signed_in(served, description, REGISTRY) as client:
        yield client


@pytest.fixture
async def as_huda(served: Served, description: Any) -> AsyncIterator[GraphServiceClient]:
    async with signed_in(served, description, HUDA) as client:
        yield client


def preferring(**more: Any) -> RequestConfiguration[Any]:
    configuration = RequestConfiguration[Any](**more)
    configuration.headers.add("Prefer", IMMUTABLE)
    return configuration


def recipient(address: str) -> Recipient:
    return Recipient(email_address=EmailAddress(address=address))


def arrived(served: Served, key: str) -> str:
    """A letter in the registry's mailbox; returns its immutable id."""
    told = served.call("POST", "/sandbox/mail", body=letter(key, key=key), headers={"X-Mailbox": REGISTRY})
    return str(told.json()["id"])


async def test_people_are_paged_and_their_manager_found(graph: GraphServiceClient) -> None:
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        select=["id", "displayName", "preferredLanguage", "department", "accountEnabled"],
        filter="accountEnabled eq true",
        top=5,
    )
    page = await graph.users.get(RequestConfiguration(query_parameters=query))
    names = []
    while page is not None:
        names += [user.display_name for user in page.value or []]
        page = await graph.users.with_url(page.odata_next_link).get() if page.odata_next_link else None
    assert len(names) == 12
    manager: Any = await graph.users.by_user_id(LAILA).manager.get()
    assert manager.user_principal_name == "faisal@ministry.example"


async def test_a_letter_is_found_read_marked_and_moved(graph: GraphServiceClient, served: Served) -> None:
    message_id = arrived(served, "sdk-read")
    box = graph.users.by_user_id(REGISTRY)
    query = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(
        filter="internetMessageId eq '<sdk-read@outside.example>'", select=["id", "subject", "from"]
    )
    page = await box.messages.get(preferring(query_parameters=query))
    assert page is not None
    assert [(each.id, each.subject) for each in page.value or []] == [(message_id, "sdk-read")]
    raw = await box.messages.by_message_id(message_id).content.get()
    assert raw is not None
    assert raw.endswith(letter("sdk-read", key="sdk-read"))
    marks = Message(
        categories=["مقيد"],
        single_value_extended_properties=[SingleValueLegacyExtendedProperty(id=PROPERTY, value="IN-1")],
    )
    marked = await box.messages.by_message_id(message_id).patch(marks)
    assert marked is not None
    assert marked.categories == ["مقيد"]
    wanted = f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq 'IN-1')"
    found = await box.messages.get(
        preferring(query_parameters=MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(filter=wanted))
    )
    assert found is not None
    assert [each.id for each in found.value or []] == [message_id]
    moved = await box.messages.by_message_id(message_id).move.post(MovePostRequestBody(destination_id="archive"))
    assert moved is not None
    assert moved.id != message_id


async def test_a_feed_is_followed_by_hand_to_its_end_and_on(graph: GraphServiceClient, served: Served) -> None:
    for number in range(3):
        arrived(served, f"sdk-delta-{number}")
    builder = graph.users.by_user_id(REGISTRY).mail_folders.by_mail_folder_id("inbox").messages.delta
    query = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(select=["subject"])
    configuration = preferring(query_parameters=query)
    configuration.headers.add("Prefer", "odata.maxpagesize=2")
    page = await builder.get(configuration)
    subjects: list[str | None] = []
    while page is not None and page.odata_next_link:
        subjects += [each.subject for each in page.value or []]
        page = await builder.with_url(page.odata_next_link).get(configuration)
    assert page is not None
    subjects += [each.subject for each in page.value or []]
    assert {f"sdk-delta-{number}" for number in range(3)} <= set(subjects)
    assert page.odata_delta_link is not None
    new = arrived(served, "sdk-delta-new")
    later = await builder.with_url(page.odata_delta_link).get(preferring())
    assert later is not None
    assert [each.id for each in later.value or []] == [new]


async def test_a_draft_with_an_annex_is_sent_and_found_in_sent_items(graph: GraphServiceClient, served: Served) -> None:
    box = graph.users.by_user_id(REGISTRY)
    body = ItemBody(content_type=BodyType.Html, content="<p>نص</p>")
    draft = await box.messages.post(
        Message(subject="sdk-send", body=body, to_recipients=[recipient(HUDA)]), preferring()
    )
    assert draft is not None
    assert draft.id is not None
    annex = FileAttachment(
        odata_type="#microsoft.graph.fileAttachment",
        name="ملحق.pdf",
        content_type="application/pdf",
        content_bytes=b"%PDF",
    )
    added = await box.messages.by_message_id(draft.id).attachments.post(annex)
    assert added is not None
    await box.messages.by_message_id(draft.id).send.post()
    huda = until(lambda: [m for m in inbox(served, HUDA) if m["subject"] == "sdk-send"])
    assert huda[0]["hasAttachments"] is True
    sent = await box.messages.by_message_id(draft.id).get(preferring())
    assert sent is not None
    assert (sent.id, sent.is_draft) == (draft.id, False)
    listed = await box.messages.by_message_id(draft.id).attachments.get()
    assert listed is not None
    assert [(each.name, getattr(each, "content_bytes", None)) for each in listed.value or []] == [("ملحق.pdf", b"%PDF")]


async def test_replies_and_forwards_are_drafted_in_the_thread(graph: GraphServiceClient, served: Served) -> None:
    message_id = arrived(served, "sdk-reply")
    box = graph.users.by_user_id(REGISTRY)
    original = await box.messages.by_message_id(message_id).get()
    reply = await box.messages.by_message_id(message_id).create_reply.post(CreateReplyPostRequestBody(comment="تم"))
    forward = await box.messages.by_message_id(message_id).create_forward.post(
        CreateForwardPostRequestBody(comment="للعلم", to_recipients=[recipient(HUDA)])
    )
    assert original is not None
    assert reply is not None
    assert forward is not None
    assert reply.conversation_id == forward.conversation_id == original.conversation_id
    assert forward.subject == "إعادة توجيه: sdk-reply"


async def test_mail_is_sent_without_a_draft(graph: GraphServiceClient, served: Served) -> None:
    message = Message(subject="sdk-sendmail", to_recipients=[recipient(HUDA)])
    await graph.users.by_user_id(REGISTRY).send_mail.post(
        SendMailPostRequestBody(message=message, save_to_sent_items=True)
    )
    until(lambda: [m for m in inbox(served, HUDA) if m["subject"] == "sdk-sendmail"])


async def test_a_subscription_is_made_renewed_and_ended(graph: GraphServiceClient) -> None:
    with listen() as listener:
        made = await graph.subscriptions.post(
            Subscription(
                change_type="created",
                notification_url=f"{listener.url}/notifications",
                lifecycle_notification_url=f"{listener.url}/lifecycle",
                resource=f"users/{REGISTRY}/mailFolders('drafts')/messages",
                expiration_date_time=datetime.now(UTC) + timedelta(hours=2),
                client_state="opaque",
            ),
            preferring(),
        )
        assert made is not None
        assert made.id is not None
        renewed = await graph.subscriptions.by_subscription_id(made.id).patch(
            Subscription(expiration_date_time=datetime.now(UTC) + timedelta(days=6))
        )
        assert renewed is not None
        assert made.expiration_date_time is not None
        assert renewed.expiration_date_time is not None
        assert renewed.expiration_date_time - made.expiration_date_time > timedelta(days=5)
        await graph.subscriptions.by_subscription_id(made.id).delete()
        listed = await graph.subscriptions.get()
        assert listed is not None
        assert made.id not in [each.id for each in listed.value or []]


async def test_an_error_carries_its_code(graph: GraphServiceClient) -> None:
    with pytest.raises(ODataError) as caught:
        await graph.users.by_user_id(HUDA).messages.get()
    assert caught.value.response_status_code == 403
    assert caught.value.error is not None
    assert caught.value.error.code == "ErrorAccessDenied"


def inbox(served: Served, upn: str) -> list[dict[str, Any]]:
    page = served.call("GET", "/v1.0/me/mailFolders/inbox/messages?$top=100", by=upn).json()
    return list(page["value"])


def until(condition: Any, tries: int = 400) -> Any:
    """What *condition* gives once it is true. Each try is a call to the tenant, so this waits without sleeping."""
    for _ in range(tries):
        if found := condition():
            return found
    raise AssertionError("it did not come true")


async def test_a_file_is_put_listed_shared_and_followed(as_huda: GraphServiceClient) -> None:
    drive = await as_huda.users.by_user_id(HUDA).drive.get()
    assert drive is not None
    assert drive.id is not None
    items = as_huda.drives.by_drive_id(drive.id).items
    began = await as_huda.drives.by_drive_id(drive.id).items.by_drive_item_id("root").delta_with_token("latest").get()
    assert began is not None
    assert (began.value, bool(began.odata_delta_link)) == ([], True)
    put = await items.by_drive_item_id("root:/sdk.docx:").content.put(b"PK by the SDK")
    assert put is not None
    assert put.id is not None
    one = items.by_drive_item_id(put.id)
    body = InvitePostRequestBody(
        recipients=[DriveRecipient(email=LAILA)], roles=["read"], require_sign_in=True, send_invitation=False
    )
    invited = await one.invite.post(body)
    assert invited is not None
    assert [p.roles for p in invited.value or ()] == [["read"]]
    permissions = await one.permissions.get()
    assert permissions is not None
    assert sorted(role for p in permissions.value or () for role in p.roles or ()) == ["owner", "read"]
    versions = await one.versions.get()
    assert versions is not None
    assert [v.id for v in versions.value or ()] == ["1.0"]
    below = await items.by_drive_item_id("root").children.get()
    assert below is not None
    assert put.name in {item.name for item in below.value or ()}
    await one.delete()
    with pytest.raises(ODataError):
        await one.get()
