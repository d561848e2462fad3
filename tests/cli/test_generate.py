"""One run writes the same text on every backend."""

import pytest

from kerasdl.backend import installed
from tests.cli.helpers import kerasdl

SMALL = (
    "--set=model.width=32", "--set=model.num_heads=2", "--set=model.depth=1",
    "--set=model.mlp_units=32", "--set=data.max_length=32", "--epochs=1",
)  # fmt: skip


@pytest.mark.slow
def test_one_seed_writes_one_text_everywhere():
    trained = kerasdl(
        "train", "--preset", "gpt-tiny", *SMALL, "--run-dir", "writer", "--no-report"
    )
    assert trained.returncode == 0, trained.stderr
    for flags in (["--temperature", "0"], ["--seed", "1"], ["--seed=2", "--top-p=0.9"]):
        texts = {
            kerasdl(
                "generate", "writer", "--prompt", "import ", "--tokens", "200", *flags,
                "--backend", name,
            ).stdout
            for name in installed()
        }  # fmt: skip
        assert len(texts) == 1
        assert len(texts.pop()) > 200
