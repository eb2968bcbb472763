"""The catalogue is whole: both languages say the same, and every key that the code speaks of exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from registry.effects import EFFECTS
from registry.events import EVENTS
from registry.vocabulary import CONFIDENTIALITIES, DELIVERIES, DISPOSITIONS, INVERSE, KINDS, URGENCIES, Status, Verb
from texts import LANGUAGES
from texts.catalogue import SENTENCES
from texts.isolates import bare

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("registry", "service", "store", "graph", "bot", "functions", "app")

# What a key looks like. The first words are those of the catalogue, so that `inbox.key` or `data.json` is not one,
# and neither is the name of a file.
_FIRST_WORDS = "|".join(sorted({key.partition(".")[0] for key in SENTENCES if "." in key}))
_KEY = re.compile(rf"^(?!\w+\.(?:html|jsonl?)$)(?:{_FIRST_WORDS})\.[A-Za-z_.]+$")


def values_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_both_languages_name_the_same_values(key: str) -> None:
    arabic, english = (SENTENCES[key][lang] for lang in LANGUAGES)
    assert values_of(arabic) == values_of(english)


def test_every_sentence_is_written_in_the_language_it_stands_for() -> None:
    for key, said in SENTENCES.items():
        arabic, english = (re.sub(r"\{\w+\}", "", said[lang]) for lang in LANGUAGES)
        assert not re.search(r"\b[a-z]", arabic), f"{key}: of English, Arabic takes names alone"
        assert not re.search(r"[\u0621-\u064a]", english), key


def test_no_sentence_brings_directional_marks_of_its_own() -> None:
    assert [key for key, said in SENTENCES.items() if any(bare(s) != s for s in said.values())] == []


def keys_in(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """The keys written in a file, and the prefixes of those put together there (`f"asked.{…}"`)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            prefix = str(node.values[0].value)
            if len(node.values) > 1 and _KEY.match(prefix + "x"):
                yield prefix, True
        elif isinstance(node, ast.Constant) and _KEY.match(str(node.value)) and not str(node.value).endswith("."):
            yield str(node.value), False


def written() -> dict[str, bool]:
    found: dict[str, bool] = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            found |= dict(keys_in(ast.parse(path.read_text("utf-8"))))
    return found


def test_every_key_that_the_code_writes_out_exists() -> None:
    missing = sorted(
        key
        for key, prefix in written().items()
        if not (any(k.startswith(key) for k in SENTENCES) if prefix else key in SENTENCES)
    )
    assert missing == []


def test_the_search_for_keys_finds_those_that_are_known_to_be_there() -> None:
    assert {"may.not_yours", "quarantine.unknown_insider", "event.Referred.", "asked."} <= written().keys()


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("asked", DISPOSITIONS),
        ("kind", KINDS),
        ("status", [s.value for s in Status]),
        ("urgency", URGENCIES),
        ("confidentiality", CONFIDENTIALITIES),
        ("effect", EFFECTS),
        ("capacity", ("head", "member", "clerk", "system")),
        ("verb", [v.value for v in Verb if v is not Verb.READ]),
        (
            "outcome",
            (
                *("acknowledged", "completed", "approved", "returned", "referred", "closed", "released", "dismissed"),
                *("rejected", "recalled", "filed", "voided"),
            ),
        ),
        ("event.Closed", ("approved", "answered", "closed", "released", "dismissed", "rejected", "filed")),
        ("reply", ("approved", "answered", "closed", "rejected", "filed")),
        ("event.Referred", ("rule", "person", "answer", "return", "rejection", "recall", "secrecy", "reopening")),
        ("link", (*INVERSE, "same_id", "number", "register")),
        ("via", ("outlook", "forward", *DELIVERIES)),
        ("dmarc", ("pass", "fail", "none")),
    ],
)
def test_every_word_of_the_office_has_its_sentence(prefix: str, words: list[str]) -> None:
    assert [f"{prefix}.{w}" for w in words if f"{prefix}.{w}" not in SENTENCES] == []


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_every_event_can_be_said(event: str) -> None:
    assert any(key == f"event.{event}" or key.startswith(f"event.{event}.") for key in SENTENCES)
