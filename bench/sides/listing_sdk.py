"""msgraph-sdk lists the letters of a mailbox, page by page, and keeps nothing."""

import asyncio
from typing import Any

from httpx import AsyncClient
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from msgraph.generated.users.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from bench import letters
from bench.side import serve, spent, told


def main(base_url: str, page: int, pages: int, select: list[str]) -> None:
    wanted = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(top=page, select=select or None)
    how: Any = MessagesRequestBuilder.MessagesRequestBuilderGetRequestConfiguration(query_parameters=wanted)
    with asyncio.Runner() as runner:
        adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), AsyncClient(timeout=60))
        adapter.base_url = base_url
        client = GraphServiceClient(request_adapter=adapter)

        async def listed() -> int:
            messages, count = client.users.by_user_id(letters.MAILBOX).messages, 0
            shown = await messages.get(request_configuration=how)
            for number in range(pages):
                assert shown is not None
                assert shown.value is not None
                count += sum(1 for message in shown.value if message.id and message.received_date_time)
                if not shown.odata_next_link or number == pages - 1:
                    break
                shown = await messages.with_url(shown.odata_next_link).get()
            return count

        def measure() -> dict[str, float]:
            with spent() as round_:
                count = runner.run(listed())
            return {"letters": count, "cpu_s": round_.cpu_s, "wall_s": round_.wall_s}

        serve(measure)


if __name__ == "__main__":
    main(**told())
