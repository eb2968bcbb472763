"""One ministry for the tests of a module: each has letters of its own."""

from collections.abc import Iterator

import pytest

from tests.acceptance.ministry import Ministry, opened


@pytest.fixture(scope="module")
def ministry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministry]:
    with opened(tmp_path_factory.mktemp("ministry")) as made:
        yield made
