from itertools import count

import pytest

from kerasdl.diagnostics import latency as module
from kerasdl.diagnostics.latency import FEWEST, MOST, WARM_UP, latency


def test_times_of_calls_alone(monkeypatch: pytest.MonkeyPatch):
    """A clock of 101 calls, of which one takes ten times as long."""
    times, calls = iter([0.0, *(float(n) for n in range(1, 101)), 110.0]), count()
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(times))
    found = latency(lambda: next(calls), seconds=101)
    assert (found.median, found.calls) == (1.0, 101)
    assert found.p99 == pytest.approx(1.0)
    assert next(calls) == WARM_UP + 101


@pytest.mark.parametrize(("seconds", "calls"), [(0, FEWEST), (1e9, MOST)])
def test_how_often(seconds: float, calls: int):
    assert latency(lambda: None, seconds).calls == calls
