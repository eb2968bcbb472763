"""msgraph-sdk lists the letters of a folder while Graph fails, with the retries that it brings along."""

import asyncio
from typing import Any

from httpx import AsyncClient
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from kiota_http.kiota_client_factory import KiotaClientFactory
from msgraph.generated.users.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from bench import letters
from bench.side import serve

PAGES = 20  # no client is followed for ever


async def listed(base_url: str, page: int) -> list[str]:
    http: AsyncClient = KiotaClientFactory.create_with_default_middleware()
    adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), http)
    adapter.base_url = base_url
    wanted = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(top=page)
    how: Any = MessagesRequestBuilder.MessagesRequestBuilderGetRequestConfiguration(query_parameters=wanted)
    messages = GraphServiceClient(request_adapter=adapter).users.by_user_id(letters.MAILBOX).messages
    ids: list[str] = []
    shown = await messages.get(request_configuration=how)
    for _ in range(PAGES):
        assert shown is not None
        assert shown.value is not None
        ids += [str(message.id) for message in shown.value]
        if not shown.odata_next_link:
            break
        shown = await messages.with_url(shown.odata_next_link).get()
    return ids


def main() -> None:
    def measure(base_url: str, page: int, within_s: float) -> dict[str, object]:
        async def tried() -> list[str]:
            async with asyncio.timeout(within_s):
                return await listed(base_url, page)

        try:
            ids, error = asyncio.run(tried()), ""
        except Exception as why:
            ids, error = [], f"{type(why).__name__}: {why}"[:200]
        return {"ids": len(set(ids)), "all": len(ids), "visits": 1, "error": error}

    serve(measure)


if __name__ == "__main__":
    main()
