"""Examples that are in two parts of a split."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.finding import Finding


def duplicates(
    parts: Parts,
    noun: str,
    contents: Sequence[Hashable],
    labels: Sequence[Any],
    place: Callable[[int], str],
) -> Iterator[Finding]:
    """Yield a finding for each held-out part that has examples in common with training.

    Args:
        parts: The parts, all of one source.
        noun: What an example is, such as `"text"`.
        contents: What must be the same, for each row.
        labels: Target of each row; empty if there are none.
        place: Returns where a row is, for people.
    """
    first: dict[Hashable, int] = {}
    known: dict[Hashable, set[str]] = {}
    for row in parts.train.rows.tolist():
        first.setdefault(contents[row], row)
        if len(labels):
            known.setdefault(contents[row], set()).add(str(labels[row]))
    for name in ("validation", "test"):
        part: Part = getattr(parts, name)
        copies = [row for row in part.rows.tolist() if contents[row] in first]
        if not copies:
            continue
        what = f"{len(copies):,} of {len(part.rows):,} {name} {noun}s copy training {noun}s"
        if len(labels):
            same = sum(str(labels[row]) in known[contents[row]] for row in copies)
            what += f", {same:,} with the same class"
        original = place(first[contents[copies[0]]])
        what += f", such as {original} and {place(copies[0])}"
        hint, kind = "remove the copies", f"duplicate-{noun}s"
        yield Finding(kind, what, hint, name, len(copies))
