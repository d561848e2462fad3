"""Suggestions for misspelled names."""

import difflib
from collections.abc import Iterable

MOST = 50
"""Names that a message lists."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `did you mean …?`, or the list of known names."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]}?"
    more = f" and {len(known) - MOST:,} more" if len(known) > MOST else ""
    return f"choose from {', '.join(known[:MOST])}{more}"
