"""Refuse what belongs to one machine: no tracked file names a package registry's host or a path of somebody's disk.

Run by `make check`. Prints each place as path:line: and exits 1 when there is one.
"""

import re
import subprocess
import sys
from pathlib import Path

# Written with brackets so that this file does not refuse itself. What follows a variable or a * is no path of a disk: a
# drive of Graph has a root too.
REFUSED = {
    "a package registry's host": r"registry[.]npmjs|registry[.]yarnpkg|pypi[.]org|pythonhoste[d]|deb[.]debian[.]org",
    "a path of one machine": r"(?<![\w.~/}*-])/(?:work|root|home/\w+)/",
    "a folder beside the repository": r"[.][.]/shared",
}
# .ci/run may look beside the repository; nothing depends on what it finds there.
MAY = {".ci/run": {"a folder beside the repository"}}


def places(file: Path, text: str) -> list[str]:
    """Return what is refused in *text*, as `path:line: what`."""
    return [
        f"{file}:{number}: {what}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in REFUSED.items()
        if what not in MAY.get(str(file), set()) and re.search(pattern, line)
    ]


def main() -> int:
    tracked = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True, text=True).stdout.split("\0")
    found: list[str] = []
    for name in filter(None, tracked):
        file = Path(name)
        if file.is_file() and b"\0" not in (body := file.read_bytes()):
            found += places(file, body.decode(errors="replace"))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
