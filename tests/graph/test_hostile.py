"""A hostile mail costs at most a second of CPU and 150 MB, raises nothing, and is kept byte for byte."""

import json
import subprocess
import sys
import time
from email import message_from_bytes
from pathlib import Path

import pytest

from graph.mime import _read
from graph.mime_tree import Limits
from registry.recognise import Known, recognise
from service.ports import Fetched
from tests.graph.hostile import FROM_WITHIN, HOSTILE_NAMES, KINDS, hostile
from tests.graph.mails import ITEM, MAILBOX
from tests.values import OFFICE

LONGEST_S = 1.0  # of CPU; the dearest takes a third of it
LARGEST_MB = 150
OF_EACH_KIND = 25  # some 600 mails
EVERYTHING = 5_000
ROOT = Path(__file__).parents[2]


def taken_apart(raw: bytes) -> Fetched:
    """Read and judged without the net that `read_mail` spreads, so that it hides no fault."""
    got = _read(raw, MAILBOX, ITEM, Limits())
    recognise(got.mail, Known(), OFFICE)
    return got


def cpu_s(raw: bytes) -> float:
    started = time.thread_time()
    got = taken_apart(raw)
    spent = time.thread_time() - started
    assert got.raw == raw
    return spent


@pytest.mark.parametrize("number", range(len(KINDS)), ids=[kind.__name__ for kind in KINDS])
def test_a_hostile_mail_costs_no_more_than_a_second_and_raises_nothing(number: int) -> None:
    for seed in range(number, number + OF_EACH_KIND * len(KINDS), len(KINDS)):
        assert cpu_s(hostile(seed)) < LONGEST_S, seed


def in_a_process_of_its_own(first: int, last: int) -> dict[str, float]:
    """Read those seeds elsewhere, and return what the dearest cost and by how much the process grew."""
    command = [sys.executable, "-c", f"from tests.graph.test_hostile import measure; measure({first}, {last})"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=1_200, check=True)
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


def measure(first: int, last: int) -> None:
    """Print what reading the seeds from *first* to before *last* cost, as JSON."""
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    dearest = max(cpu_s(hostile(seed)) for seed in range(first, last))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"cpu_s": dearest, "grown_mb": grown / 1024}))  # noqa: T201


def test_no_hostile_mail_takes_more_memory_than_a_long_letter() -> None:
    assert in_a_process_of_its_own(0, 2 * len(KINDS))["grown_mb"] < LARGEST_MB


@pytest.mark.soak
def test_five_thousand_hostile_mails_keep_the_bounds() -> None:
    cost = in_a_process_of_its_own(0, EVERYTHING)
    assert cost["cpu_s"] < LONGEST_S
    assert cost["grown_mb"] < LARGEST_MB


def nested(levels: int, size: int) -> bytes:
    head = b"".join(b'Content-Type: multipart/mixed; boundary="-%d"\r\n\r\n---%d\r\n' % (n, n) for n in range(levels))
    return FROM_WITHIN + head + b"---x\n" * (size // 5)


def test_the_standard_parser_takes_twelve_times_as_long_and_more() -> None:
    raw = nested(100, 100_000)
    started = time.thread_time()
    message_from_bytes(raw)
    assert time.thread_time() - started > 12 * cpu_s(raw)


@pytest.mark.soak
def test_the_standard_parser_breaks_the_bound() -> None:
    raw = nested(400, 400_000)
    started = time.thread_time()
    message_from_bytes(raw)
    assert time.thread_time() - started > LONGEST_S
    assert cpu_s(raw) < LONGEST_S / 12


def test_two_seeds_give_the_same_mails_again() -> None:
    assert [hostile(seed) for seed in range(len(KINDS))] == [hostile(seed) for seed in range(len(KINDS))]


def test_there_are_names_of_every_dangerous_kind() -> None:
    assert len(set(HOSTILE_NAMES)) > 50
