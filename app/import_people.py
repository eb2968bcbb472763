"""Import units, posts, roles, clearances and the entities outside to which letters go:
`python -m app.import_people [--check] units.csv people.csv entities.csv`.

What fits is kept and comes true when the directory is read next, at once where it can be reached; what does not fit is
said in both languages, line by line. The same lists again change nothing. Ends with 1 where something did not fit.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from registry.errors import TarasulError
from service.imported import Misfit, read_imported, read_lists
from service.people import Organisation
from service.ports import Clock, Store
from texts import LANGUAGES, say


def main(arguments: Sequence[str]) -> int:
    """Import the lists that *arguments* name, and print what came of it."""
    from app.wiring import clock, house

    paths = [Path(name) for name in arguments if name != "--check"]
    if not paths:
        sys.stdout.write(f"{(__doc__ or '').strip()}\n")
        return 2
    keep = "--check" not in arguments
    said, misfits = import_lists(house().store, house().organisation, clock, paths, keep=keep)
    if keep:
        try:
            asyncio.run(_refresh())
        except TarasulError as error:
            said.append(f"{type(error).__name__}: {error}")
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return 1 if misfits else 0


async def _refresh() -> None:
    """Read the directory, with what was imported."""
    from app.wiring import house

    try:
        await house().people.refresh()
    finally:
        await house().graph.close()


def import_lists(
    store: Store, organisation: Organisation, clock: Clock, paths: Sequence[Path], *, keep: bool
) -> tuple[list[str], list[Misfit]]:
    """Read the lists over what was imported before, and *keep* them; what is to be said of it, and what did not fit."""
    before, office = store.read(lambda tx: (read_imported(tx.imported()), tx.office()))
    files, misfits = [], list[Misfit]()
    for path in paths:
        try:
            files.append((path.name, path.read_text("utf-8-sig")))
        except (OSError, UnicodeDecodeError) as error:
            misfits.append(Misfit(path.name, 0, "import.no_file", {"why": str(getattr(error, "strerror", error))}))
    after, wrong = read_lists(files, before, organisation.units, office)
    misfits += wrong
    if keep and after != before:
        store.write(lambda tx: tx.save_imported(after.body(), clock()))
    counts = {
        "units": len(after.units),
        "people": len(after.people),
        "entities": len(after.entities),
        "misfits": len(misfits),
    }
    said = [say(lang, "import.kept", **counts) for lang in LANGUAGES]
    if after == before or not keep:
        said += [say(lang, "import.same" if keep else "import.checked") for lang in LANGUAGES]
    for misfit in misfits:
        said += [
            say(lang, "import.line", file=misfit.file, line=misfit.line, why=say(lang, misfit.why, **misfit.values))
            for lang in LANGUAGES
        ]
    return said, misfits


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
