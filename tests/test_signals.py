"""Signals that ask a process to end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from kerasdl.jobs import signals

SENT = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1]
WAIT = """
import signal
from kerasdl.jobs import signals
signals.end_at_once()
print("ready", flush=True)
signal.pause()
"""


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Hear of SIGHUP, though the tests may be run by `nohup`."""
    former = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, former)


@pytest.mark.parametrize("sent", SENT)
def test_a_run_hears_of_it_and_goes_on_to_save(sent: signal.Signals):
    before = signal.getsignal(sent)
    with signals.deferred() as stopped:
        assert stopped() == ""
        os.kill(os.getpid(), sent)
        assert stopped() == f"received {sent.name}"
    assert signal.getsignal(sent) is before


@pytest.mark.parametrize("sent", SENT)
def test_a_process_without_a_run_ends_with_a_line(sent: signal.Signals):
    process = subprocess.Popen(
        [sys.executable, "-c", WAIT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(sent)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 128 + sent
    assert stderr == "stopped: nothing to resume from\n"


def test_a_terminal_that_nohup_ignores_stops_nothing():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with signals.deferred() as stopped:
        os.kill(os.getpid(), signal.SIGHUP)
        assert stopped() == ""
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
