"""How long a call takes, again and again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasdl.diagnostics.energy import joules, read_counters

WARM_UP = 2
"""Calls that are not measured: the first ones compile."""
FEWEST, MOST, SECONDS = 5, 1000, 1.0


@dataclass(frozen=True)
class Latency:
    """The times of a call.

    Args:
        median: Seconds of half of the calls.
        p99: Seconds of 99 of 100 calls.
        calls: Number of calls.
        joules: Energy of the machine in a call, if it counts it.
    """

    median: float
    p99: float
    calls: int
    joules: float | None = None


def latency(function: Callable[[], Any], seconds: float | None = None) -> Latency:
    """Return the times of a function that waits for its result.

    Args:
        function: The function.
        seconds: How long to repeat it, by default `SECONDS`; at least `FEWEST` and at
            most `MOST` times.
    """
    seconds = SECONDS if seconds is None else seconds
    for _ in range(WARM_UP):
        function()
    times: list[float] = []
    before, begin = read_counters(), time.perf_counter()
    end = begin
    while len(times) < FEWEST or (len(times) < MOST and end - begin < seconds):
        start = end
        function()
        end = time.perf_counter()
        times.append(end - start)
    used = joules(before, read_counters())
    median, p99 = np.percentile(times, [50, 99])
    each = None if used is None else used / len(times)
    return Latency(float(median), float(p99), len(times), each)
