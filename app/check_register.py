"""Look through the whole register: python -m app.check_register

Every sheet is verified, and held against what the signed statements of closed days say of it (docs/runbook.md). Needs
the settings of the house; may run beside the product. Prints a line of JSON for whatever does not hold, and last what
was looked through. It ends with 0 where everything holds, 1 where something does not, or could not be looked at.
"""

import asyncio
import json
import sys
from dataclasses import asdict

from app.signing import is_signed
from app.wiring import House, clock, house
from registry.errors import TarasulError
from service.reconcile import day_of
from service.register_check import Looked, look_through


async def check(of: House) -> Looked:
    """Look through the register of a house. Raises TarasulError."""
    return await look_through(of.store, of.archive, is_signed, day_of(clock(), of.settings.time_zone))


def told(looked: Looked) -> str:
    """What is printed: a line for each finding and one for the whole."""
    whole = {
        "records": looked.records,
        "lines": looked.lines,
        "statements": looked.statements,
        "public_keys": sorted(looked.keys),
        "findings": len(looked.found),
    }
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (*map(asdict, looked.found), whole))


def main() -> int:
    try:
        looked = asyncio.run(check(house()))
    except (TarasulError, OSError) as why:
        sys.stderr.write(f"{why}\n")
        return 1
    sys.stdout.write(told(looked))
    return 1 if looked.found else 0


if __name__ == "__main__":
    sys.exit(main())
