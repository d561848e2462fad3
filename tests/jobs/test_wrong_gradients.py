"""A run says by name what cannot learn on the processor at hand."""

import json
from pathlib import Path

import keras
import pytest

from kerasdl import backend
from kerasdl.backend import wrong_gradients
from kerasdl.errors import InterruptedRunError
from kerasdl.jobs import assemble, results
from tests.jobs.helpers import SELECTION, With, config, train_lean


def with_a_strided_pointwise_layer(*_) -> keras.Model:
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(4, 1, 2, name="mine")(inputs)
    outputs = keras.layers.Dense(10)(keras.layers.Flatten()(x))
    return keras.Model(inputs, outputs)


class Stop(keras.callbacks.Callback):
    """Ends training before its first step, which might do harm."""

    def on_train_begin(self, logs: dict | None = None) -> None:
        raise InterruptedRunError("nothing is trained", "look at what was warned of")


@pytest.mark.parametrize("accelerate", ["true", "false"])
def test_a_run_warns_and_keeps_the_warning(
    accelerate: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    monkeypatch.setattr(wrong_gradients, "__cpu_features__", {"AVX2": True})
    onednn = SELECTION.name != "jax"
    if onednn:
        monkeypatch.setattr(backend.current(), "convolves_by_onednn", lambda: True)
    monkeypatch.setattr(results, "baselines", lambda *_: {})
    monkeypatch.setattr(assemble, "model", with_a_strided_pointwise_layer)
    settings = ("training.epochs=1", f"training.accelerate={accelerate}")
    reporter = With(Stop())
    chosen = config("plain-cnn", "training.batch_size=512", *settings)
    with pytest.raises(InterruptedRunError):
        train_lean(chosen, reporter=reporter)
    lines = Path("runs/run-1/events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines if "mine" in line]
    kinds = [event["kind"] for event in events]
    assert kinds == ["wrong-gradient"] * onednn
    assert ["mine" in line for line in reporter.warnings] == [True] * onednn
