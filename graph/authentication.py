################################################################
# What our server found out about a mail's sender
################################################################
#
# Rule 1: only the topmost Authentication-Results counts: ours is written above all others, and whoever sends a mail can
#         write as many below as they like (RFC 8601, 5).
# Rule 2: text that comes from the sender (comments, quoted strings) is cut out before anything is read.
# Rule 3: "pass" is said only where every word of that method says so.

import re
from typing import cast

from registry.mail import Authentication, Verdict

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"?')
_COMMENT = re.compile(r"\([^()]*+\)")
_RESULT = re.compile(r"\s*(spf|dkim|dmarc|arc)\s*=\s*([a-z]+)", re.IGNORECASE)
_DEEPEST_COMMENT = 8

_VERDICTS = {"pass": "pass", "fail": "fail", "softfail": "fail", "hardfail": "fail", "policy": "fail"}


def read_authentication(results: list[str]) -> Authentication:
    """Return the verdicts of the first of *results*, the values of Authentication-Results from the top."""
    said = _QUOTED.sub("", results[0]) if results else ""
    for _ in range(_DEEPEST_COMMENT):
        said = _COMMENT.sub("", said)
    found: dict[str, list[str]] = {"spf": [], "dkim": [], "dmarc": [], "arc": []}
    for clause in said.split(";"):
        if result := _RESULT.match(clause):
            found[result[1].lower()].append(_VERDICTS.get(result[2].lower(), "none"))
    return Authentication(
        spf=_strictest(found["spf"]),
        # A mail may carry several signatures, and one good one is enough.
        dkim="pass" if "pass" in found["dkim"] else _strictest(found["dkim"]),
        dmarc=_strictest(found["dmarc"]),
        arc=_strictest(found["arc"]),
    )


def _strictest(verdicts: list[str]) -> Verdict:
    return cast(Verdict, next((v for v in ("fail", "none", "pass") if v in verdicts), "none"))
