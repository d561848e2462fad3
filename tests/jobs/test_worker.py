"""A process that does a job ends with the one that waits for it."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kerasdl.jobs import worker

pytestmark = pytest.mark.any_backend


class StoppedError(BaseException):
    pass


def test_a_wait_that_is_interrupted_kills(tmp_path: Path):
    """Else it would write to a folder while that is removed."""

    def stop(*_: Any) -> None:
        raise StoppedError

    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    former = signal.signal(signal.SIGALRM, stop)
    try:
        with subprocess.Popen(command) as process:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(StoppedError):
                worker.finish(process, tmp_path, "jax")
            assert process.poll() == -signal.SIGKILL
    finally:
        signal.signal(signal.SIGALRM, former)
