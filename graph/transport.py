"""msgraph-sdk's way to the network: through our own client."""

import httpx

from graph.client import GraphClient
from graph.wire import Ask

_KEPT = frozenset({"accept", "content-type", "prefer", "consistencylevel"})  # all else is the client's to say
_UNPACKED = frozenset({"content-encoding", "content-length", "transfer-encoding"})  # it comes unpacked


class GraphTransport(httpx.AsyncBaseTransport):
    """Lets msgraph-sdk ask through a GraphClient: its limits, hosts, deadlines, tokens and errors.

    What is no success is raised as registry.errors name it; the SDK sees only successes.
    """

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._client.answer(
            Ask(
                request.method,
                str(request.url),
                body=await request.aread(),
                headers={name: value for name, value in request.headers.items() if name in _KEPT},
            )
        )
        headers = {name: value for name, value in answer.headers.items() if name not in _UNPACKED}
        return httpx.Response(answer.status, headers=headers, content=answer.body, request=request)
