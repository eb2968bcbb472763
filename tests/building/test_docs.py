"""The docs say what the code does: every setting, queue, timer, word and path, and nothing that is not there."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from app.settings import _REQUIRED, Settings
from functions.callers import _SCOPE, MAY_READ
from functions.writing import MAY_REGISTER
from registry.vocabulary import CONFIDENTIALITIES, DISPOSITIONS, KINDS, URGENCIES, Status, Verb
from service.people import read_organisation
from store.database import Database
from store.migrate import migrate
from tests.building.house import DOCS, PRODUCT, bound, code, files_of, table
from tests.programs import REPOSITORY
from texts import LANGUAGES, Language, say

PAGES = sorted([*DOCS.rglob("*.md"), *REPOSITORY.glob("*.md"), *(REPOSITORY / "infra").glob("*.md")])
MINIMUM = {
    "AZURE_TENANT_ID": "c0ffee00-1111-4222-8333-444455556666",
    "AZURE_CLIENT_ID": "0b5c1d2e-aaaa-4bbb-8ccc-dddd00000001",
    "REGISTRY_MAILBOXES": "registry@ministry.example",
    "GRAPH_CLIENT_STATE": "k" * 43,
    "PUBLIC_URL": "https://tarasul.ministry.example",
    "ORGANISATION": "organisation.json",
}
SETTINGS = {code(row[0])[0]: row for row in table("settings.md", "setting")}


def named(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


# ---------------------------------------------------------------- settings


def test_every_setting_is_explained_and_no_other() -> None:
    assert set(SETTINGS) == {field.name.upper() for field in dataclasses.fields(Settings)}


def test_the_settings_called_required_are_the_required_ones() -> None:
    assert {name for name, row in SETTINGS.items() if row[2] == "required"} == set(_REQUIRED)


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_the_default_in_the_docs_is_the_default(name: str) -> None:
    """Giving the value that the docs call the default changes nothing; `empty` is nothing given."""
    default = SETTINGS[name][2]
    if default == "required":
        return
    read = Settings.from_environ(MINIMUM)
    if default == "empty":
        assert getattr(read, name.lower()) in ("", ())
    elif default.startswith("`") and default == f"`{code(default)[0]}`":
        assert Settings.from_environ(MINIMUM | {name: code(default)[0]}) == read
    else:  # said in words, because it is made from others
        assert getattr(read, name.lower()) not in ("", None)


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_the_example_in_the_docs_is_accepted(name: str) -> None:
    (example,) = code(SETTINGS[name][3])
    without = Settings.from_environ(MINIMUM)
    assert Settings.from_environ(MINIMUM | {name: example}) != without or MINIMUM.get(name) == example


def test_every_setting_says_whose_turn_it_is_when_it_is_wrong() -> None:
    assert {row[4] for row in SETTINGS.values()} <= {"operator", "Entra administrator", "registry"}


def test_the_organisation_of_the_docs_is_one() -> None:
    example = re.search(r"```json\n(.*?)```", (DOCS / "settings.md").read_text("utf-8"), re.DOTALL)
    assert example is not None
    mailboxes = code(SETTINGS["REGISTRY_MAILBOXES"][3])[0].split()
    organisation = read_organisation(example[1], mailboxes)
    assert organisation.mailboxes == set(mailboxes)
    keys = {name for row in table("settings.md", "key") for name in code(row[0])}
    assert {key.partition("[")[0].partition(".")[0] for key in keys} == json.loads(example[1]).keys()


# ---------------------------------------------------------------- queues, timers, doors


def test_every_queue_is_explained_with_its_worker() -> None:
    rows = [[code(cell) for cell in row] for row in table("settings.md", "queue")]
    workers = {worker["queueName"]: worker["function"] for worker in bound("queueTrigger")}
    assert {row[0][0]: row[2][0] for row in rows} == workers
    assert {row[0][0]: row[3][0] for row in rows} == {queue: f"{queue}-poison" for queue in workers}


def test_every_timer_is_explained_with_its_schedule() -> None:
    rows = {code(row[0])[0]: code(row[1])[0] for row in table("settings.md", "timer")}
    assert rows == {timer["function"]: timer["schedule"] for timer in bound("timerTrigger")}


def test_every_door_that_the_docs_speak_of_is_there() -> None:
    routes = {f"/api/{http['route']}" for http in bound("httpTrigger")}
    shapes = [re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(route)) + "$") for route in routes]
    for page in PAGES:
        for path in re.findall(r"/api/[\w/{}<>.-]*\w[\w}>]*", page.read_text("utf-8")):
            assert any(shape.match(path) for shape in shapes), f"{named(page)}: {path}"


def test_the_roles_and_the_scope_of_the_api_are_explained() -> None:
    assert {code(row[0])[0] for row in table("tenant.md", "name")} == {*MAY_READ, *MAY_REGISTER, _SCOPE}


# ---------------------------------------------------------------- the runbook


def test_the_log_lines_of_the_runbook_are_written() -> None:
    product = "\n".join(path.read_text("utf-8") for path in files_of(*PRODUCT))
    for said, logger, carries, _ in table("runbook.md", "`said`"):
        assert f'"{code(said)[0]}"' in product
        assert f'getLogger("{code(logger)[0]}")' in product
        assert [name for name in code(carries) if f'"{name}":' not in product] == []


def test_the_sql_of_the_runbook_runs(tmp_path: Path) -> None:
    """On an empty database of this code: the tables and columns are those that it names."""
    text = (DOCS / "runbook.md").read_text("utf-8").replace("<id>", "1")
    statements = re.findall(r"^\s+((?:SELECT|UPDATE) .+;)$", text, re.MULTILINE)
    assert len(statements) == 5
    database = Database(f"sqlite:///{tmp_path}/tarasul.db")
    try:
        migrate(database)
        for statement in statements:
            database.write(lambda connected, sql=statement: connected.driver.execute(sql))
    finally:
        database.close()


# ---------------------------------------------------------------- words


def glossary(heading: str) -> list[list[str]]:
    """The rows under a heading of the glossary."""
    text = (DOCS / "glossary.md").read_text("utf-8")
    part = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert part is not None, heading
    lines = [line for line in part[1].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


@pytest.mark.parametrize(
    ("heading", "prefix", "codes"),
    [
        ("Kinds", "kind", KINDS),
        ("What a referral asks", "asked", DISPOSITIONS),
        ("Where a record stands", "status", Status),
    ],
)
def test_the_glossary_has_the_vocabularys_codes_and_the_catalogues_words(
    heading: str, prefix: str, codes: list[str]
) -> None:
    rows = {code(row[2])[0]: dict(zip(LANGUAGES, row[:2], strict=True)) for row in glossary(heading)}
    assert list(rows) == [str(c) for c in codes]
    assert rows == {str(c): {lang: say(lang, f"{prefix}.{c}") for lang in LANGUAGES} for c in codes}


def test_the_glossary_has_the_levels_of_both_ladders_in_their_order() -> None:
    expected = [("confidentiality", c) for c in CONFIDENTIALITIES] + [("urgency", c) for c in URGENCIES]
    rows = glossary("Levels")
    assert [(row[3], code(row[2])[0]) for row in rows] == expected
    lang: Language
    for place, lang in enumerate(LANGUAGES):
        assert [row[place] for row in rows] == [say(lang, f"{ladder}.{c}") for ladder, c in expected]


def test_the_glossary_has_every_verb() -> None:
    assert [code(row[2])[0] for row in glossary("What a person may do")] == [verb.value for verb in Verb]


def test_the_glossary_says_what_closes_a_disposition_and_who_holds_the_record() -> None:
    for row in glossary("What a referral asks"):
        disposition = DISPOSITIONS[code(row[2])[0]]
        verbs, _, words = row[3].partition(", with ")
        assert set(verbs.split(", ")) == {verb.value for verb in disposition.closed_by}
        assert (words == "words") == disposition.needs_words
        assert (row[4] == "they hold it") == disposition.custody


def test_the_words_of_the_glossary_stand_in_the_code() -> None:
    product = "\n".join(path.read_text("utf-8") for path in files_of(*PRODUCT))
    words = [code(row[2])[0] for row in glossary("Things")]
    assert [word for word in words if not re.search(rf"\b{word.rpartition('.')[2]}\b", product)] == []


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if not re.match(r"https?://|#", target):
            path, _, place = target.partition("#")
            found = (page.parent / path).resolve()
            assert found.exists(), target
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE) if place else []
            assert not place or place in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}, target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_path_of_the_house_that_is_named_is_there(page: Path) -> None:
    rooms = "|".join((*PRODUCT, "sandbox", "tests", "scripts", "infra", "manifests", "docs", "bench"))
    for path in re.findall(rf"`((?:{rooms})/[\w./-]*)`", page.read_text("utf-8")):
        assert (REPOSITORY / path).exists(), path


@pytest.mark.parametrize("page", sorted((DOCS / "adr").glob("*.md")), ids=named)
def test_a_decision_is_written_down_in_the_one_form(page: Path) -> None:
    text = page.read_text("utf-8")
    number, _, _ = page.stem.partition("-")
    assert re.match(rf"# {number}: \S.*\n\nStatus: (accepted|superseded by \d{{3}}), \w+ \d{{4}}\n", text)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Context", "Drivers", "Options", "Decision", "What gets worse"]
    assert len(text.splitlines()) <= 60, "a page"
