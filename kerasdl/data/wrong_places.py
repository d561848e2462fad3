"""Name many wrong places in one line."""

from collections.abc import Sequence

MOST_LISTED = 20
"""Places that an error lists; the others are counted."""


def named(places: Sequence[str]) -> str:
    """Return places, each with what is wrong there, as one text."""
    shown = "; ".join(places[:MOST_LISTED])
    more = len(places) - MOST_LISTED
    return f"{shown}; and {more:,} more" if more > 0 else shown
