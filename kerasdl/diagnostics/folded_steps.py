"""Blocks of a model that follow one another and are equal, as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

INPUT = -1
"""The source that stands for what the step around takes."""
LONGEST_BLOCK = 40
LEAST_SAVED = 2
"""Rows that a block must save."""


@dataclass(frozen=True)
class Step:
    """A step of a computation.

    Args:
        name: Its name.
        kind: Its class.
        output: Its output shape, as a text.
        parameters: Its parameters, None if it has none.
        sources: Numbers of the steps before that it takes, or `INPUT`.
        inside: The steps inside of it; their sources number one another.
        repeats: How many such steps follow one another.
    """

    name: str
    kind: str
    output: str
    parameters: int | None
    sources: tuple[int, ...]
    inside: tuple["Step", ...] = ()
    repeats: int = 1

    def without_inside(self) -> "Step":
        """Return the step alone."""
        return replace(self, inside=())

    def likeness(self, place: int) -> tuple:
        """Return what equal steps share; sources count from their place."""
        inside = tuple(part.likeness(n) for n, part in enumerate(self.inside))
        taken = tuple(place - source for source in self.sources)
        return self.kind, self.output, self.parameters, taken, inside


def folded(steps: Sequence[Step]) -> list[Step]:
    """Return steps where equal blocks in a chain are one step, with its `repeats`.

    Only the last step of a block may be taken from outside of it, and the steps of a
    block may take only those of the block and the last one before it.
    """
    like = [step.likeness(place) for place, step in enumerate(steps)]
    users: list[list[int]] = [[] for _ in steps]
    for place, step in enumerate(steps):
        for source in step.sources:
            users[source].append(place)
    result: list[Step] = []
    where: list[int] = []
    start = 0
    while start < len(steps):
        size, repeats = _best_block(steps, like, users, start)
        first = steps[start : start + size]
        last = steps[start + size * repeats - 1]
        where += [len(result)] * (size * repeats)
        taken = {where[s] for step in first for s in step.sources if s < start}
        result.append(_block(first, last, start, repeats, tuple(sorted(taken))))
        start += size * repeats
    return result


def _block(
    first: Sequence[Step],
    last: Step,
    start: int,
    repeats: int,
    taken: tuple[int, ...],
) -> Step:
    """Return the first of equal blocks, for all of them up to a last step."""
    if len(first) == 1:
        name = last.name if repeats == 1 else f"{first[0].name} … {last.name}"
        return replace(first[0], name=name, sources=taken, repeats=repeats)
    inside = tuple(
        replace(
            step.without_inside(),
            sources=tuple(max(source - start, INPUT) for source in step.sources),
        )
        for step in first
    )
    parameters = sum(step.parameters or 0 for step in first) or None
    name, kind = f"block of {len(first)} layers", ""
    return Step(name, kind, first[-1].output, parameters, taken, inside, repeats)


def _best_block(
    steps: Sequence[Step], like: Sequence[tuple], users: list[list[int]], start: int
) -> tuple[int, int]:
    """Return the size and the repeats of the block at a place that saves most rows."""
    best, saved = (1, 1), LEAST_SAVED - 1
    for size in range(1, LONGEST_BLOCK + 1):
        repeats = 1
        while _follows(like, start, size, repeats):
            repeats += 1
        while repeats > 1 and not _is_chain(steps, users, start, size, repeats):
            repeats -= 1
        rows = size + sum(len(step.inside) for step in steps[start : start + size])
        if repeats > 1 and rows * (repeats - 1) - (size > 1) > saved:
            best, saved = (size, repeats), rows * (repeats - 1) - (size > 1)
    return best


def _follows(like: Sequence[tuple], start: int, size: int, repeats: int) -> bool:
    """Return whether the block after some equal ones is equal as well."""
    begin = start + size * repeats
    return like[begin : begin + size] == like[start : start + size] and (
        begin + size <= len(like)
    )


def _is_chain(
    steps: Sequence[Step], users: list[list[int]], start: int, size: int, repeats: int
) -> bool:
    """Return whether blocks take one another's last steps alone."""
    for begin in range(start, start + size * repeats, size):
        end = begin + size
        block = range(begin, end)
        if any(user >= end for n in block[:-1] for user in users[n]):
            return False
        if any(s < begin - 1 for n in block for s in steps[n].sources):
            return False
    end = start + size * repeats
    last_of_all_but_one = range(start + size - 1, end - 1, size)
    return all(user < n + 1 + size for n in last_of_all_but_one for user in users[n])
