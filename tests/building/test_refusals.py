"""What the connector's refusals mean is told in docs/teams-refusals.md as the code has it, in both languages."""

from bot.refusals import REFUSALS
from tests.building.house import code, table
from texts import say
from texts.isolates import bare


def test_the_table_says_what_the_code_has() -> None:
    told = [(*row[:1], *(code(cell) for cell in row[1:2]), *row[2:]) for row in table("teams-refusals.md", "status")]
    assert told == [
        (str(r.status), [r.code] if r.code else [], bare(say("ar", r.meaning)), bare(say("en", r.meaning)))
        for r in REFUSALS
    ]
