"""The Teams app package holds to Microsoft's schemas, and to what the schemas do not say."""

import io
import json
import re
import runpy
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from jsonschema import FormatChecker
from jsonschema.validators import validator_for

from bot.extension import REGISTER, SEARCH
from bot.words import meant_by
from tests.programs import REPOSITORY, needs

MANIFESTS = REPOSITORY / "manifests"
APP = "11111111-2222-4333-8444-555555555555"
BOT = "22222222-3333-4444-8555-666666666666"
TEAMS_APP = "66666666-7777-4888-8999-aaaaaaaaaaaa"


def read(name: str) -> Any:
    return json.loads((MANIFESTS / name).read_text("utf-8"))


def held_to(document: Any, schema: str) -> list[str]:
    """What Microsoft's schema has to say against *document*."""
    text = (needs("app-manifest") / "teams" / schema).read_text("utf-8-sig")
    # Python's re knows neither \p{L} nor \a as these files write them
    rules = json.loads(text.replace("\\\\a", "\\\\x07").replace("\\\\p{L}", "A-Za-z\u00c0-\uffff"))
    found = validator_for(rules)(rules, format_checker=FormatChecker()).iter_errors(document)
    return [f"{e.json_path}: {e.message[:160]}" for e in found]


def at(manifest: Any, place: str) -> Any:
    """The text that the key of a localisation file points at; None where there is none."""
    for part in re.findall(r"[^.\[\]]+|\[\d+\]", place):
        try:
            manifest = manifest[int(part[1:-1])] if part.startswith("[") else manifest[part]
        except (KeyError, IndexError, TypeError):
            return None
    return manifest


def test_the_manifest_holds_to_its_schema() -> None:
    manifest = read("manifest.json")
    assert held_to(manifest, f"v{manifest['manifestVersion']}/MicrosoftTeams.schema.json") == []
    assert f"/v{manifest['manifestVersion']}/" in manifest["$schema"]


def test_the_schema_finds_what_is_wrong_with_a_manifest() -> None:
    manifest = read("manifest.json")
    broken = manifest | {"accentColor": "green", "name": {"short": "x" * 31}}
    paths = {line.partition(":")[0] for line in held_to(broken, "v1.29/MicrosoftTeams.schema.json")}
    assert {"$.accentColor", "$.name.short"} <= paths


def test_the_arabic_words_hold_to_their_schema() -> None:
    version = read("manifest.json")["manifestVersion"]
    assert held_to(read("ar.json"), f"v{version}/MicrosoftTeams.Localization.schema.json") == []


def test_everything_a_person_reads_of_the_app_is_there_in_arabic() -> None:
    manifest, words = read("manifest.json"), read("ar.json")
    places = {place for place in words if not place.startswith("$")}
    commands = [
        f"bots[0].commandLists[{i}].commands[{j}].{field}"
        for i, listed in enumerate(manifest["bots"][0]["commandLists"])
        for j, command in enumerate(listed["commands"])
        for field in command
    ]
    extended = [
        f"composeExtensions[0].commands[{i}]{where}.{field}"
        for i, command in enumerate(manifest["composeExtensions"][0]["commands"])
        for where in ("", *(f".parameters[{j}]" for j, _ in enumerate(command.get("parameters", []))))
        for field in ("title", "description")
    ]
    assert places == {"name.short", "name.full", "description.short", "description.full", *commands, *extended}
    assert all(isinstance(at(manifest, place), str) for place in places)
    assert all(re.search("[\u0621-\u064a]", words[place]) for place in places)


@pytest.mark.parametrize(("icon", "side"), [("color", 192), ("outline", 32)])
def test_an_icon_is_a_png_of_the_size_that_teams_asks_for(icon: str, side: int) -> None:
    head = (MANIFESTS / read("manifest.json")["icons"][icon]).read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (side, side)


def test_the_app_comes_to_a_person_first_and_may_be_mentioned_where_others_read_along() -> None:
    """What it says there is held to by tests/bot/test_groups.py."""
    manifest = read("manifest.json")
    assert [bot["scopes"] for bot in manifest["bots"]] == [["personal", "team", "groupChat"]]
    assert [listed["scopes"] for listed in manifest["bots"][0]["commandLists"]] == [["personal"]]
    assert manifest["defaultInstallScope"] == "personal"


def test_the_commands_of_the_extension_are_those_that_the_bot_answers() -> None:
    (extension,) = read("manifest.json")["composeExtensions"]
    assert {c["id"]: (c["type"], c["context"]) for c in extension["commands"]} == {
        SEARCH: ("query", ["compose", "commandBox"]),
        REGISTER: ("action", ["message"]),
    }
    assert [c["fetchTask"] for c in extension["commands"] if c["id"] == REGISTER] == [True]


def test_a_file_can_be_sent_to_the_bot() -> None:
    """Else Teams shows a clerk no paper clip, and no scan can be handed in."""
    assert [(bot["supportsFiles"], bot["isNotificationOnly"]) for bot in read("manifest.json")["bots"]] == [
        (True, False)
    ]


def test_the_form_names_no_real_tenant() -> None:
    manifest = read("manifest.json")
    zeros = "00000000-0000-0000-0000-000000000000"
    assert {manifest["id"], manifest["bots"][0]["botId"], manifest["webApplicationInfo"]["id"]} == {zeros}
    assert [host.endswith(".example") for host in manifest["validDomains"]] == [True]


def packaged(out: Path, *arguments: str) -> zipfile.ZipFile:
    script = runpy.run_path(str(REPOSITORY / "scripts" / "package_app.py"))
    assert script["main"]([*arguments, "--out", str(out)]) == 0
    return zipfile.ZipFile(io.BytesIO(out.read_bytes()))


def test_the_package_carries_the_ids_and_the_host_it_was_made_for(tmp_path: Path) -> None:
    ids = ("--app-id", APP, "--bot-id", BOT, "--teams-app-id", TEAMS_APP)
    made = packaged(tmp_path / "app.zip", *ids, "--host", "tarasul.moi.example")
    assert set(made.namelist()) == {"manifest.json", "ar.json", "color.png", "outline.png"}
    manifest = json.loads(made.read("manifest.json"))
    assert held_to(manifest, "v1.29/MicrosoftTeams.schema.json") == []
    assert (manifest["id"], manifest["bots"][0]["botId"]) == (TEAMS_APP, BOT)
    assert manifest["webApplicationInfo"] == {"id": APP, "resource": f"api://{APP}"}
    assert manifest["validDomains"] == ["tarasul.moi.example"]
    assert manifest["composeExtensions"][0]["messageHandlers"][0]["value"]["domains"] == ["tarasul.moi.example"]
    assert "00000000-0000" not in json.dumps(manifest)
    assert "ministry.example" not in json.dumps(manifest)


def test_the_same_answers_make_the_same_package(tmp_path: Path) -> None:
    asked = ("--app-id", APP, "--host", "tarasul.moi.example")
    packaged(tmp_path / "one.zip", *asked)
    packaged(tmp_path / "two.zip", *asked)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize(
    ("app_id", "host"), [("no-guid", "tarasul.moi.example"), (APP, "https://tarasul.moi.example"), (APP, "localhost")]
)
def test_a_package_is_not_made_for_what_cannot_be_an_id_or_a_host(tmp_path: Path, app_id: str, host: str) -> None:
    with pytest.raises(SystemExit):
        packaged(tmp_path / "app.zip", "--app-id", app_id, "--host", host)
    assert not (tmp_path / "app.zip").exists()


def test_the_bot_understands_every_command_that_the_app_offers() -> None:
    commands = [c["title"] for listed in read("manifest.json")["bots"][0]["commandLists"] for c in listed["commands"]]
    arabic = [words for place, words in sorted(read("ar.json").items()) if re.match(r"bots.*title$", place)]
    assert [meant_by(title).wish for title in commands] == ["pending", "help", "search"]
    assert [meant_by(title).wish for title in arabic] == ["pending", "help", "search"]
