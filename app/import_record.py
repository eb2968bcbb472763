"""Take an export into the register of this house: python -m app.import_record EXPORT.zip [HEAD]

Needs the settings of the house (docs/settings.md). It ends with 0 where the record is kept, 1 where it is refused.
"""

import asyncio
import sys
from pathlib import Path

from app.wiring import House, clock, house
from registry.errors import TarasulError
from service.taking_in import NotTakenIn, TakingIn


async def take_in(into: House, arguments: list[str]) -> str:
    """Keep the record and return its number. Raises NotTakenIn, TarasulError, OSError."""
    raw = await asyncio.to_thread(Path(arguments[0]).read_bytes)
    taking_in = TakingIn(into.store, into.archive, clock, into.organisation.entity_id)
    return (await taking_in.take_in(raw, *arguments[1:])).reference


def main(arguments: list[str]) -> int:
    if len(arguments) not in (1, 2):
        sys.stderr.write(__doc__ or "")
        return 2
    try:
        sys.stdout.write(f"{asyncio.run(take_in(house(), arguments))}\n")
    except (NotTakenIn, TarasulError, OSError) as why:
        sys.stderr.write(f"{why}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
