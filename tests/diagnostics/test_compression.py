import shutil
import subprocess

import pytest

from kerasdl.diagnostics.compression import compression_baselines

TEXT = "".join(f"{n} × {n} = {n * n}, naïve\n" for n in range(3000))


@pytest.mark.parametrize("command", ["gzip -9", "xz -9"])
def test_the_commands_need_as_many_bits(command: str):
    program = command.split()
    if not shutil.which(program[0]):
        pytest.skip(f"{program[0]} is not installed")
    done = subprocess.run(program, input=TEXT.encode(), capture_output=True, check=True)
    bits = compression_baselines(TEXT)[command]["bits_per_character"]
    # GNU gzip searches for repetitions in its own way, not in zlib's.
    assert bits == pytest.approx(8 * len(done.stdout) / len(TEXT), rel=0.02)
