"""Twenty-six ways in which Graph fails: every letter is registered once, and no token is given to a stranger."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from bench.fault_pages import FAULTS, FaultPages
from bench.sides.faults import Outcome, read_through
from graph.client import Manners

COUNT, PAGE = 9, 3
UNHURRIED = Manners(deadline_s=60, patience_s=5)  # so that a busy machine is no fault
MOST_REQUESTS = 3 * (COUNT // PAGE) + COUNT + 12  # the folder three times over, each letter once, and some retries


@pytest.fixture
async def pages() -> AsyncIterator[FaultPages]:
    served = FaultPages(COUNT, PAGE)
    await served.start()
    yield served
    await served.stop()


def at(fault: str) -> str:
    return f"/{quote(fault, safe='')}/ours"


async def test_every_letter_is_registered_once_whatever_fails(pages: FaultPages, tmp_path: Path) -> None:
    async def through(number: int, fault: str) -> Outcome:
        folder = tmp_path / str(number)
        folder.mkdir()
        return await read_through(f"{pages.origin}{at(fault)}/v1.0", folder, manners=UNHURRIED)

    found = dict(zip(FAULTS, await asyncio.gather(*(through(n, fault) for n, fault in enumerate(FAULTS))), strict=True))
    assert {fault: outcome for fault, outcome in found.items() if not outcome.passes(COUNT)} == {}
    assert {fault: pages.asked(at(fault)) for fault in FAULTS if pages.asked(at(fault)) > MOST_REQUESTS} == {}
    assert pages.leaks.total() == 0


def test_there_are_twenty_six() -> None:
    assert len(FAULTS) == 26


async def test_a_reader_without_patience_does_not_survive_them(pages: FaultPages, tmp_path: Path) -> None:
    """The faults are faults: who asks once and takes what comes has too little."""
    for number, fault in enumerate(("503 twice", "the body is cut", "a next page at a foreign host")):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert not (await read_through(f"{pages.origin}{at(fault)}/v1.0", folder, once=True)).passes(COUNT)
