"""`kerasdl import` of large weights takes little more memory than they do."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import keras
import pytest

from tests.jobs.test_import import minilm

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
SIZE = 2_000_000_000
"""Bytes of the weights, at least."""
FACTORS = {"jax": 1.35, "torch": 1.4, "tensorflow": 1.55}
"""Most memory, as a multiple of these. PyTorch and TensorFlow need more without any
weights, and copy the largest tensor twice or thrice."""


def write_sparse(folder: Path) -> int:
    """Write zeros as weights of a BERT, which take no space; return their bytes."""
    config = transformers.BertConfig(
        hidden_size=1280, num_hidden_layers=24, num_attention_heads=20,
        intermediate_size=5120,
    )  # fmt: skip
    with torch.device("meta"):
        state = transformers.BertModel(config).state_dict()
    header, end = {}, 0
    for name, tensor in state.items():
        if tensor.dtype != torch.float32:
            continue
        begin, end = end, end + 4 * tensor.numel()
        header[name] = {
            "dtype": "F32", "shape": [*tensor.shape], "data_offsets": [begin, end],
        }  # fmt: skip
    content = json.dumps(header).encode()
    folder.mkdir()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(content).to_bytes(8, "little") + content)
        file.truncate(8 + len(content) + end)
    (folder / "config.json").write_text(config.to_json_string())
    shutil.copy(minilm() / "tokenizer.json", folder)
    return end


def peak_of(command: list[str]) -> int:
    """Return the largest anonymous memory of a process, in bytes."""
    process, peak = subprocess.Popen(command), 0
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        lines = status.read_text().splitlines()
        found = [int(line.split()[1]) for line in lines if line.startswith("RssAnon")]
        peak = max(peak, *found, 0)
        time.sleep(0.02)
    assert process.returncode == 0
    return 1024 * peak


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_model_of_two_gigabytes():
    size = write_sparse(Path("large"))
    assert size > SIZE
    peak = peak_of(
        [sys.executable, "-m", "kerasdl", "import", "large", "--family", "bert"]
    )
    assert peak < FACTORS[keras.config.backend()] * size
