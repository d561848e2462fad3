"""MobileNets compute what others compute, of as many parameters as were published."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl.models import mobilenet
from kerasdl.models.families.mobilenet import MobileNet
from kerasdl.models.mobilenet_tables import NETWORKS
from kerasdl.models.published.load import load_published
from kerasdl.models.published.source import published
from tests.contract import numbers, outputs
from tests.jobs.test_export import logits
from tests.models.test_published import channels_first, stored
from tests.variants import quickest

torch = pytest.importorskip("torch")
PARAMETERS = {"v2": 3_504_872, "v3-large": 5_483_032, "v3-small": 2_542_856}
"""As torchvision's documentation says."""
SQUEEZED = {
    "v3-large": [0, 0, 0, 24, 32, 32, 0, 0, 0, 0, 120, 168, 168, 240, 240],
    "v3-small": [8, 0, 0, 24, 64, 64, 32, 40, 72, 144, 144],
}
"""Channels between squeeze and excitation in torchvision, of each block."""
SIDE = 65
"""Odd, so that no padding is symmetric by chance."""


def disturbed(model: Any) -> Any:
    """Give a model of PyTorch statistics and biases that are none of the initial ones."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, each in [*model.named_parameters(), *model.named_buffers()]:
            if name.endswith("running_var"):
                each.uniform_(0.8, 1.2)
            elif each.ndim == 1 and each.is_floating_point():
                each.add_(torch.randn(each.shape) * 0.1)
    return model.eval()


def images(side: int) -> np.ndarray:
    draw = np.random.default_rng(0)
    return draw.normal(size=(2, side, side, 3)).astype("float32")


@pytest.mark.any_backend
@pytest.mark.parametrize("variant", PARAMETERS)
def test_parameters(variant: str):
    model = mobilenet((64, 64, 3), 1000, variant=variant)
    assert sum(np.prod(w.shape) for w in model.trainable_weights) == PARAMETERS[variant]


@pytest.mark.variant
@pytest.mark.parametrize("variant", ["v3-small", *quickest("v2", "v3-large")])
@pytest.mark.parametrize("side", [64, 65])
def test_names_of_torchvision(variant: str, side: int):
    from tests.models import torchvision_mobilenets

    ours = mobilenet((side, side, 3), 7, variant=variant, padding="symmetric")
    blocks = len(NETWORKS[variant].blocks)
    between = SQUEEZED.get(variant, [0] * blocks)
    theirs = disturbed(torchvision_mobilenets.MobileNet(variant, 7, between))
    loaded = load_published(ours, stored(theirs.state_dict()), "mobilenet", "it")
    assert (loaded.library, loaded.replaced) == ("torchvision", [])
    with torch.no_grad():
        expected = theirs(channels_first(images(side))).numpy()
    found = numbers(outputs(ours, images(side)))
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("side", [64, 65])
def test_v2_of_transformers(side: int):
    transformers = pytest.importorskip("transformers")
    config = transformers.MobileNetV2Config(num_labels=7, image_size=side)
    theirs = disturbed(transformers.MobileNetV2ForImageClassification(config))
    ours = mobilenet((side, side, 3), 7, variant="v2")
    loaded = load_published(ours, stored(theirs.state_dict()), "mobilenet", "it")
    assert (loaded.library, loaded.replaced) == ("transformers", [])
    expected, found = logits(theirs, images(side)), numbers(outputs(ours, images(side)))
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.variant
@pytest.mark.parametrize("variant", ["v3-small", *quickest("v3-large")])
def test_v3_of_keras(variant: str):
    made = {
        "v3-small": keras.applications.MobileNetV3Small,
        "v3-large": keras.applications.MobileNetV3Large,
    }[variant]
    theirs = made(
        (SIDE, SIDE, 3), weights=None, classes=7, include_preprocessing=False,
        classifier_activation=None,
    )  # fmt: skip
    ours = mobilenet((SIDE, SIDE, 3), 7, variant=variant)
    draw = np.random.default_rng(0)
    for weight, other in zip(ours.weights, theirs.weights, strict=True):
        value = draw.uniform(0.5, 1.0, other.shape)
        if len(other.shape) > 1:
            value = draw.normal(size=other.shape) / np.sqrt(np.prod(other.shape[:-1]))
        other.assign(value.astype("float32"))
        weight.assign(value.astype("float32").reshape(weight.shape))
    expected = numbers(outputs(theirs, images(SIDE)))
    found = numbers(outputs(ours, images(SIDE)))
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


class Weights:
    """Published weights of which one shape is known."""

    name, config = "it", {}

    def __init__(self, library: str, *kernel: int):
        self.library, self.kernel = library, kernel

    def shape(self, _: str, libraries: list) -> tuple[int, ...] | None:
        return self.kernel if libraries[0].name == self.library else None


@pytest.mark.any_backend
def test_shapes_tell_the_variant_and_names_the_padding():
    for library, kernel, variant, padding in (
        ("torchvision", (1, 1, 96, 576), "v3-small", "symmetric"),
        ("torchvision", (1, 1, 320, 1280), "v2", "symmetric"),
        ("transformers", (1, 1, 320, 1280), "v2", "same"),
        ("kerasdl", (1, 1, 160, 960), "v3-large", None),
    ):
        weights: Any = Weights(library, *kernel)
        keys = MobileNet.keys_of(weights)
        found = keys["model.variant"], keys.get("model.padding")
        assert found == (variant, padding)
        assert ("model.epsilon" in keys) == (padding is not None)


@pytest.mark.any_backend
@pytest.mark.parametrize("name", ["own.keras", "own.weights.h5"])
def test_our_own_names_leave_padding_and_epsilon_open(name: str):
    model = mobilenet((32, 32, 3), 7, variant="v3-small")
    write = model.save if name.endswith(".keras") else model.save_weights
    write(name)
    with published(Path(name)) as weights:
        keys = MobileNet.keys_of(weights)
    told = {key for key in keys if key.startswith("model.")}
    assert (told, keys["model.variant"]) == ({"model.variant"}, "v3-small")
