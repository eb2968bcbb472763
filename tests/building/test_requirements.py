"""What is installed where: short lists written by people, lock files with hashes, and nothing that names an index."""

import json
import re
import sys

import pytest

from tests.building.house import PRODUCT, files_of, imports_of, tree_of
from tests.programs import REPOSITORY

LOCKS = ("requirements.txt", "requirements-sandbox.txt", "requirements-dev.txt")
# What the project must stand on, by the name it is imported under.
REQUIRED = {
    "msal": "msal",
    "msgraph-sdk": "msgraph",
    "botbuilder-core": "botbuilder.core",
    "aiohttp": "aiohttp",
    "azure-storage-blob": "azure.storage.blob",
    "azure-identity": "azure.identity",
    "azure-keyvault-secrets": "azure.keyvault.secrets",
}
# Imported under another name than the package of the short list that brings it.
BROUGHT_BY = {
    "asn1crypto": "pyhanko",
    "azure-core": "azure-storage-blob",
    "botbuilder-schema": "botbuilder-core",
    "botframework-connector": "botbuilder-core",
    "cryptography": "pyjwt",
    "httpx": "msgraph-sdk",
    "jwt": "pyjwt",
    "kiota-abstractions": "msgraph-sdk",
    "kiota-authentication-azure": "msgraph-sdk",
    "kiota-http": "msgraph-sdk",
    "msgraph": "msgraph-sdk",
    "msgraph-core": "msgraph-sdk",
    "msrest": "botbuilder-core",
    "multidict": "aiohttp",
    "pyhanko-certvalidator": "pyhanko",
    "yarl": "aiohttp",
}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def listed(file: str) -> dict[str, str]:
    """The packages of a short list, by plain name, each with its version or nothing."""
    lines = (REPOSITORY / file).read_text().splitlines()
    found = [re.match(r"([\w.-]+)(?:\[\w+\])?(?:==(\S+))?$", line) for line in lines if line[:1] not in ("", "#", "-")]
    assert all(found), f"{file} has a line that is no package"
    return {plain(entry[1]): entry[2] or "" for entry in found if entry}


def locked(file: str) -> dict[str, tuple[str, int]]:
    """The packages of a lock file, by plain name: the version, and how many hashes it has."""
    text = (REPOSITORY / file).read_text()
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", text)
    found = {}
    for entry in entries[1:]:
        head = re.match(r"([\w.-]+)(?:\[[\w,]+\])?==(\S+)", entry)
        assert head, f"{file}: {entry[:60]!r} is not pinned"
        found[plain(head[1])] = (head[2], entry.count("--hash=sha256:"))
    return found


@pytest.mark.parametrize("file", LOCKS)
def test_everything_that_is_installed_is_pinned_and_has_its_hashes(file: str) -> None:
    assert [name for name, (_, hashes) in locked(file).items() if hashes == 0] == []


@pytest.mark.parametrize("file", LOCKS)
def test_no_lock_file_names_an_index(file: str) -> None:
    text = (REPOSITORY / file).read_text()
    assert re.findall(r"(?m)^\s*(?:--(?:extra-)?index-url|--find-links|--trusted-host|-[if]\s)|https?://", text) == []


def test_the_npm_lock_file_has_hashes_and_names_no_registry() -> None:
    lock = json.loads((REPOSITORY / "package-lock.json").read_text())
    packages = {path: entry for path, entry in lock["packages"].items() if path}
    assert [path for path, entry in packages.items() if "integrity" not in entry] == []
    assert [path for path, entry in packages.items() if "resolved" in entry] == []


@pytest.mark.parametrize("file", LOCKS)
def test_a_lock_file_holds_what_its_short_list_asks_for(file: str) -> None:
    short, lock = listed(file.replace(".txt", ".in")), locked(file)
    assert {name: version for name, version in short.items() if name not in lock} == {}
    assert {
        name: (version, lock[name][0]) for name, version in short.items() if version not in ("", lock[name][0])
    } == {}


def test_the_lock_files_agree_on_every_version() -> None:
    versions: dict[str, set[str]] = {}
    for file in LOCKS:
        for name, (version, _) in locked(file).items():
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_azure_installs_nothing_that_only_tests_and_the_sandbox_use() -> None:
    unwanted = {"pytest", "hypothesis", "ruff", "mypy", "azure-functions-runtime", "grpcio", "trustme", "time-machine"}
    assert set(locked("requirements.txt")) & unwanted == set()
    assert "pytest" in locked("requirements-dev.txt")


@pytest.mark.parametrize("package", sorted(REQUIRED))
def test_each_required_package_is_used_by_the_product(package: str) -> None:
    assert package in listed("requirements.in")
    module = REQUIRED[package]
    users = [
        path.name
        for path in files_of(*PRODUCT)
        if any(m == module or m.startswith(f"{module}.") for m in imports_of(tree_of(path)))
    ]
    assert users != []


def packages_of(module: str) -> set[str]:
    """The packages that *module* may belong to; parts of a namespace are packages of their own."""
    parts = module.split(".")
    depths = (2, 3) if parts[0] in ("azure", "botbuilder", "botframework") else (1,)
    names = {plain("-".join(parts[:depth])) for depth in depths}
    return {BROUGHT_BY.get(name, name) for name in names}


def test_the_product_imports_only_what_its_short_list_names() -> None:
    """What comes along with another package may go with its next version."""
    ours = {*PRODUCT, "function_app"}
    modules = {m for path in files_of("function_app.py", *PRODUCT) for m in imports_of(tree_of(path))}
    foreign = {m for m in modules if m.split(".")[0] not in ours | sys.stdlib_module_names}
    short = listed("requirements.in").keys()
    assert {module for module in foreign if not packages_of(module) & short} == set()
