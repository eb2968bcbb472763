"""In which folders a draft lies."""

import pytest

from service.draft_folders import folders_of


@pytest.mark.parametrize(
    ("template", "unit", "folders"),
    [
        ("Tarasul/{unit}/{year}", "الشؤون المالية", ("Tarasul", "الشؤون المالية", "2026")),
        ("Tarasul/{unit}/{year}", "", ("Tarasul", "2026")),
        ("{kind} {year}/{unit}", "A/B", ("قرار 2026", "A/B")),
        ("{unit}", "{kind}", ("{kind}",)),
    ],
)
def test_a_template_is_filled_folder_by_folder(template: str, unit: str, folders: tuple[str, ...]) -> None:
    assert folders_of(template, unit=unit, year=2026, kind="قرار") == folders
