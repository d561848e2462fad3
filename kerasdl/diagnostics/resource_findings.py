"""What speed and memory of a run say while it trains."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from kerasdl.finding import Finding

FASTEST = 3
"""Epochs to compare with; the first epoch also compiles, and is left out."""
SLOW, EPOCHS = 0.5, 2
"""So many epochs in a row below this share of the usual speed are told."""
GROWING, SHARE, BYTES = 10, 0.1, 1 << 28
"""Memory that grew in each of so many epochs, by this share and these bytes, is told."""


def slower(rates: Sequence[float]) -> Iterator[Finding]:
    """Yield a finding if training has become much slower.

    Args:
        rates: Batches per second of each epoch.
    """
    before, recent = rates[1:-EPOCHS], rates[-EPOCHS:]
    if len(before) < FASTEST:
        return
    usual, now = median(before), max(recent)
    if now < SLOW * usual:
        yield Finding(
            "slower",
            f"training has slowed from {usual:.3g} to {now:.3g} batches a second",
            "look for other processes, a hot or throttled device, or a slow disk",
            value=now,
            rule=f">= {SLOW * usual:.3g}",
            why="each epoch does the same work, so that something else takes the time",
        )


def memory_leak(host_bytes: Sequence[int]) -> Iterator[Finding]:
    """Yield a finding if the memory of the process grows from epoch to epoch.

    Args:
        host_bytes: Resident bytes after each epoch.
    """
    recent = host_bytes[-GROWING - 1 :]
    if len(recent) <= GROWING or any(
        after <= before for before, after in pairwise(recent)
    ):
        return
    grown = recent[-1] - recent[0]
    if grown < max(BYTES, SHARE * recent[0]):
        return
    yield Finding(
        "memory-leak",
        f"the process grew by {grown / 2**20:,.0f} MiB in {GROWING} epochs",
        "look for tensors or logs that a callback or a data loader keeps",
        value=grown,
        rule=f"< {max(BYTES, SHARE * recent[0]):.3g}",
        why="an epoch needs no more memory than the one before it",
    )
