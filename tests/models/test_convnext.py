"""ConvNeXt computes what others compute, of as many parameters as were published."""

import keras
import numpy as np
import pytest

from kerasdl.models import convnext
from kerasdl.models.families.convnext import BLOCKS
from kerasdl.models.published.load import load_published
from tests.contract import numbers, outputs
from tests.jobs.test_export import logits
from tests.models.test_mobilenet import disturbed, images
from tests.models.test_published import stored

PARAMETERS = {"tiny": 28_589_128, "small": 50_223_688}
"""As torchvision's documentation says."""


@pytest.mark.any_backend
@pytest.mark.parametrize("variant", PARAMETERS)
def test_parameters(variant: str):
    assert (
        convnext((64, 64, 3), 1000, variant=variant).count_params()
        == (PARAMETERS[variant])
    )


def test_names_of_transformers(monkeypatch: pytest.MonkeyPatch):
    transformers = pytest.importorskip("transformers")
    monkeypatch.setitem(BLOCKS, "tiny", (1, 2, 1, 1))
    config = transformers.ConvNextConfig(
        depths=[1, 2, 1, 1], num_labels=7, layer_scale_init_value=0.5,
        layer_norm_eps=1e-6,
    )  # fmt: skip
    theirs = disturbed(transformers.ConvNextForImageClassification(config))
    ours = convnext((64, 64, 3), 7)
    loaded = load_published(ours, stored(theirs.state_dict()), "convnext", "it")
    assert (loaded.library, loaded.replaced) == ("transformers", [])
    expected, found = logits(theirs, images(64)), numbers(outputs(ours, images(64)))
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.any_backend
def test_what_keras_computes():
    theirs = keras.applications.ConvNeXtTiny(
        input_shape=(64, 64, 3), weights=None, classes=7, include_preprocessing=False,
        classifier_activation=None,
    )  # fmt: skip
    ours = convnext((64, 64, 3), 7)
    draw = np.random.default_rng(0)
    for weight, other in zip(ours.weights, theirs.weights, strict=True):
        value = draw.uniform(0.5, 1.0, other.shape).astype("float32")
        if len(other.shape) > 1:
            fan = np.prod(other.shape[:-1])
            value = (draw.normal(size=other.shape) / np.sqrt(fan)).astype("float32")
        weight.assign(value.reshape(weight.shape))
        other.assign(value)
    expected = numbers(outputs(theirs, images(64)))
    found = numbers(outputs(ours, images(64)))
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.any_backend
def test_an_image_that_is_too_small():
    with pytest.raises(ValueError, match="sides of 32 pixels or more"):
        convnext((31, 64, 3), 7)
