################################################################
# In which folders of a drive a draft lies
################################################################

import re

_FIELD = re.compile(r"\{(unit|year|kind)\}")


def folders_of(template: str, *, unit: str, year: int, kind: str) -> tuple[str, ...]:
    """Return the names of the folders, from the drive's root down.

    Args:
        template: The setting DRAFT_FOLDERS, "Tarasul/{unit}/{year}"; a slash in what is filled in makes no folder.
        unit: As people read it; empty: its folder is left out.
        kind: The kind's name as people read it.
    """
    values = {"unit": unit, "year": str(year), "kind": kind}
    names = (_FIELD.sub(lambda field: values[field[1]], part).strip() for part in template.split("/"))
    return tuple(filter(None, names))
