"""What threads read at once was prepared by one: a class that msgspec first meets in two of them ends the process."""

import re
import subprocess
import sys

from tests.programs import REPOSITORY

PRODUCT = ("app", "bot", "documents", "functions", "graph", "registry", "service", "store", "texts")

READ = """
import service.imported, store.store
from registry.circuits import Circuits
from registry.delegation import Delegation
from registry.delegation_sheet import DELEGATION_EVENTS
from registry.document import DocumentRules
from registry.effects import EFFECTS
from registry.events import EVENTS
from registry.record import Record
from registry.working_time import DueRules

read = [*EVENTS.values(), *DELEGATION_EVENTS.values(), *EFFECTS.values(), Circuits, Delegation, DocumentRules, DueRules]
read += [Record, service.imported.Imported]
print(*(kind.__name__ for kind in read if "__msgspec_cache__" not in vars(kind)))
"""


def test_every_class_that_is_read_is_prepared_while_its_room_is_loaded() -> None:
    ended = subprocess.run([sys.executable, "-c", READ], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout.split()) == (0, []), ended.stderr


def test_nobody_has_msgspec_meet_a_class_where_it_is_read() -> None:
    found = [
        f"{file.relative_to(REPOSITORY)}: {call}"
        for room in PRODUCT
        for file in sorted((REPOSITORY / room).rglob("*.py"))
        for call in re.findall(r"json\.decode\(.*type=(?!str\)).*", file.read_text("utf-8"))
    ]
    assert found == []
