"""A validation token as long as an attacker likes is no validation: nothing of it comes back, and it costs nothing."""

import pytest

from tests.building.test_cold_start import fresh

# The door is called as the worker calls it; no server in between cuts the address short.
KNOCK = """
import json, tracemalloc
import azure.functions as func
import function_app
from functions import notifications

class Out:
    value = None
    def set(self, value): self.value = value

def knock(length, out):
    url, params = "https://tarasul.ministry.example/api/graph/{door}", {{"validationToken": "A" * length}}
    request = func.HttpRequest("POST", url, params=params, body=b"")
    tracemalloc.start()
    answer = notifications.receive_{door}(request, out)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return answer, peak_bytes

knock(10, Out())
out = Out()
answer, peak_bytes = knock({length}, out)
said = answer.get_body()
print(json.dumps({{"status": answer.status_code, "said": len(said), "sent": out.value, "peak_bytes": peak_bytes}}))
"""


@pytest.mark.parametrize("door", ["notifications", "lifecycle"])
def test_ten_megabytes_are_answered_as_a_body_that_rings_for_nobody(door: str) -> None:
    told = fresh(KNOCK.format(door=door, length=10 * 2**20))
    assert (told["status"], told["said"], told["sent"]) == (202, 0, [])
    assert isinstance(told["peak_bytes"], int)
    assert told["peak_bytes"] < 2**20


def test_the_longest_token_that_is_a_validation_comes_back_whole() -> None:
    told = fresh(KNOCK.format(door="notifications", length=4_096))
    assert (told["status"], told["said"]) == (200, 4_096)
