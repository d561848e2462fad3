"""Records that PyTorch's compiler takes, and those it does not."""

from pathlib import Path

import keras
import pytest
import torch

from kerasdl.optimizers import AdamW
from kerasdl.schedules import OneCycleMomentum
from tests.backend.fused import helpers


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_compiled_record_trains_alike() -> None:
    plain, ours = (helpers.compiled(helpers.mlp, helpers.adamw()) for _ in range(2))
    _, lines = helpers.accelerated(ours, compiled=True)
    data = helpers.whole_batches()
    histories = [helpers.fit(model, *data) for model in (plain, ours)]
    helpers.assert_same(ours, plain)
    assert histories[1]["loss"] == pytest.approx(histories[0]["loss"], rel=1e-5)
    assert lines == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_momentum_that_changes_is_compiled_as_such() -> None:
    def linear() -> keras.Model:
        flat = [keras.layers.Flatten(), keras.layers.Dense(10, use_bias=False)]
        return keras.Sequential([keras.Input((8, 8)), *flat])

    plain, ours = (
        helpers.compiled(linear, AdamW(1e-3, 0.01, OneCycleMomentum(20)))
        for _ in range(2)
    )
    _, lines = helpers.accelerated(ours, compiled=True)
    for model in (plain, ours):
        helpers.fit(model)
    helpers.assert_same(ours, plain)
    assert lines == []


def test_what_cannot_be_compiled_says_so_and_trains() -> None:
    plain, ours = (helpers.compiled(helpers.lstm, helpers.adamw()) for _ in range(2))
    _, lines = helpers.accelerated(ours, compiled=True)
    for model in (plain, ours):
        helpers.fit(model)
    helpers.assert_same(ours, plain)
    assert "not compiled" in lines[0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_without_a_compiler_for_cpp_a_record_is_replayed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(torch._inductor.config.cpp, "cxx", ("no-such-compiler",))
    plain, ours = (helpers.compiled(helpers.mlp, helpers.adamw()) for _ in range(2))
    _, lines = helpers.accelerated(ours, compiled=True)
    for model in (plain, ours):
        helpers.fit(model)
    helpers.assert_same(ours, plain)
    assert len(lines) == 1
    assert "not compiled" in lines[0]
