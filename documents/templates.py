"""The Word templates of what we issue: ours, unless the ministry has put its own in their place."""

from pathlib import Path

from registry.errors import Misconfigured

_OURS = Path(__file__).parent / "templates"
_OF = {"follow_up_letter": "outgoing_letter"}  # a letter like any other

STAMPED = ("reference", "date_hijri", "date_gregorian", "qr", "seal")  # what we write when it is issued


class Templates:
    """Templates by kind. *folder*: the setting TEMPLATES_DIR; what is not in it is ours."""

    def __init__(self, folder: str = "") -> None:
        self._folder = Path(folder) if folder else None

    def template(self, kind: str) -> bytes:
        """Return the template of *kind* as .docx.

        Raises:
            Misconfigured: There is none, or it cannot be read.
        """
        names = (kind, *([_OF[kind]] if kind in _OF else []))
        for folder in (self._folder, _OURS):
            for name in names:
                if (
                    folder is not None
                    and name.replace("_", "").isalnum()
                    and (path := folder / f"{name}.docx").exists()
                ):
                    return _read(path)
        raise Misconfigured(f"there is no template {kind}.docx")


def template(kind: str) -> bytes:
    """Our own template of *kind*. Raises Misconfigured where there is none."""
    return Templates().template(kind)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as why:
        raise Misconfigured(f"the template {path.name} cannot be read: {why.strerror}") from why
