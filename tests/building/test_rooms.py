"""What the import linter cannot say: parts of Microsoft's namespaces, the environment, clocks and chance."""

import ast
import re
from pathlib import Path

import pytest

from tests.building.house import PRODUCT, files_of, imports_of, name_of, tree_of

# Microsoft's packages, and where each may be imported. A folder ends with a slash.
MAY_IMPORT = {
    r"azure\.functions": ("function_app.py", "functions/"),
    r"azure\.storage": ("store/archive.py", "app/"),
    r"azure\.(identity|keyvault)": ("app/",),
    r"azure\.core": ("store/archive.py", "graph/client.py", "graph/directory.py", "graph/installs.py", "app/"),
    r"msal": ("bot/channel.py", "app/"),
    r"(msgraph|msgraph_core|kiota_\w+)": (
        "graph/client.py",
        "graph/directory.py",
        "graph/installs.py",
        "graph/sharing.py",
    ),
    r"(botbuilder|botframework|msrest)": ("bot/channel.py",),
    r"(azure|microsoft|microsoft_\w+)": (),  # whatever else there may be
}
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"}
CHANCE = {"random", "secrets", "uuid", "uuid_utils"}


def may_import(module: str, file: str) -> bool:
    """Whether *file* may import *module*, if it is one of Microsoft's."""
    rule = next((places for what, places in MAY_IMPORT.items() if re.match(rf"{what}(\.|$)", module)), None)
    return rule is None or any(file == place or (place.endswith("/") and file.startswith(place)) for place in rule)


def test_microsofts_sdks_are_imported_in_the_files_of_the_plan_and_nowhere_else() -> None:
    wrong = [
        f"{name_of(path)}: {module}"
        for path in files_of("function_app.py", *PRODUCT)
        for module in imports_of(tree_of(path))
        if not may_import(module, name_of(path))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("module", "file"),
    [
        ("azure.identity.aio.DefaultAzureCredential", "functions/work.py"),
        ("azure.functions", "service/take.py"),
        ("azure.storage.blob.aio", "graph/mailbox.py"),
        ("botbuilder.schema.Activity", "bot/actions.py"),
        ("msal", "graph/client.py"),
        ("kiota_abstractions.api_error", "graph/mailbox.py"),
        ("azure.cosmos", "app/wiring.py"),
    ],
)
def test_an_sdk_in_the_wrong_file_is_found(module: str, file: str) -> None:
    assert not may_import(module, file)


def reads_environment(tree: ast.AST) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv", "putenv"))
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and {a.name for a in node.names} & {"environ"})
        for node in ast.walk(tree)
    ) or bool({m for m in imports_of(tree) if m.startswith("os.") and "env" in m})


def test_the_environment_is_read_in_app_and_nowhere_else() -> None:
    rooms = [room for room in PRODUCT if room != "app"]
    assert [name_of(p) for p in files_of("function_app.py", *rooms) if reads_environment(tree_of(p))] == []
    assert reads_environment(tree_of(Path(files_of("app/settings.py")[0])))


@pytest.mark.parametrize(
    "line",
    ["import os\nos.environ['A']", "import os\nos.getenv('A')", "from os import environ", "from os import getenv"],
)
def test_reading_the_environment_is_found(line: str) -> None:
    assert reads_environment(ast.parse(line))


def clocks_read(tree: ast.AST) -> list[str]:
    """Calls such as `datetime.now()`, and imports that bring a clock."""
    called = [
        f"{ast.unparse(node.func)}()"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    ]
    return called + [module for module in imports_of(tree) if module.split(".")[0] == "time"]


def test_the_registry_and_the_texts_read_no_clock() -> None:
    assert {name_of(p): found for p in files_of("registry", "texts") if (found := clocks_read(tree_of(p)))} == {}


@pytest.mark.parametrize(
    "line", ["datetime.now(UTC)", "datetime.utcnow()", "date.today()", "import time", "time.time()"]
)
def test_reading_a_clock_is_found(line: str) -> None:
    assert clocks_read(ast.parse(line)) != []


def test_the_registry_and_the_texts_draw_no_lots() -> None:
    """Salts, tokens and ids come in: the same command on the same record gives the same events."""
    wrong = {m for p in files_of("registry", "texts") for m in imports_of(tree_of(p)) if m.split(".")[0] in CHANCE}
    assert wrong == set()
