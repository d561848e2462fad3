"""Mixup and CutMix, from the config to the scores."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl.errors import ConfigError
from kerasdl.jobs import assemble
from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.plan import plan
from kerasdl.losses import SparseCategoricalCrossentropy
from tests.jobs.helpers import config, number, trained

MIXED = "training.mixup=0.4", "training.cutmix=1.0"
SHORT = "training.epochs=3", "optimizer.name=sgd", "loss.label_smoothing=0.1"


@pytest.mark.any_backend
def test_a_run_that_mixes_learns_and_is_scored_on_whole_examples():
    run, result = trained("mlp", *MIXED, "training.epochs=10")
    assert result["test"]["accuracy"] > 0.9
    assert evaluate(run)["loss"] == pytest.approx(result["test"]["loss"])
    chosen = config("mlp", *MIXED)
    test = assemble.dataset(chosen).test
    logits = keras.saving.load_model(run.model_file)(test.x)
    loss = SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    assert chosen.loss.label_smoothing == 0.1
    assert result["test"]["loss"] == pytest.approx(
        number(loss(test.y, logits)), rel=1e-4
    )


@pytest.mark.slow
@pytest.mark.variant
def test_fused_steps_take_the_same_mixed_batches():
    kept = []
    for accelerate in ("true", "false"):
        text = f"training.accelerate={accelerate}"
        run, _ = trained("mlp", *MIXED, *SHORT, text)
        assert "not-fused" not in Path(run.path, "events.jsonl").read_text()
        kept.append(keras.saving.load_model(run.model_file).get_weights())
    for one, other in zip(*kept, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_images_without_channels_can_be_cut():
    dataset = assemble.dataset(config("mlp"))
    flat = [replace(s, x=s.x[..., 0]) for s in (dataset.train, dataset.validation)]
    shapes = replace(dataset.preprocessing, input_shape=(8, 8))
    encoding = replace(dataset.encoding, preprocessing=shapes)
    whole = replace(dataset, train=flat[0], validation=flat[1], encoding=encoding)
    batches = assemble.batches(config("mlp", "training.cutmix=1"), whole)
    x, y = batches.epoch(0)[0]
    assert (x.shape[1:], y.shape[1:]) == ((8, 8), (10,))


@pytest.mark.any_backend
def test_what_is_no_image_cannot_be_cut():
    with pytest.raises(ConfigError, match="cutmix needs images"):
        plan(config(None, "data.name=wine", "training.cutmix=1"))
