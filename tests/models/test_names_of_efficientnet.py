"""EfficientNets by the names of timm and torchvision, and MobileNets by those of timm."""

import re
from typing import Any

import numpy as np
import pytest

from kerasdl.errors import ConfigError, ModelFileError
from kerasdl.models import efficientnet, mobilenet
from kerasdl.models.families.efficientnet import EfficientNet
from kerasdl.models.families.mobilenet import MobileNet
from kerasdl.models.published.load import load_published
from kerasdl.models.published.source import Published
from kerasdl.models.published.write import library_of, published_arrays
from tests.contract import numbers, outputs
from tests.jobs.test_export import logits
from tests.models import torchvision_mobilenets
from tests.models.test_mobilenet import SQUEEZED, disturbed, images
from tests.models.test_names_of_timm import renamed
from tests.models.test_published import channels_first, stored

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.any_backend
SIDE = 64
"""Even at each halving, as the sizes that `transformers` pads for."""
STAGES = {"b0": (1, 2, 2, 3, 3, 4, 1), "b1": (2, 3, 3, 4, 4, 5, 2)}
"""Blocks of each stage; Tan & Le 2019, table 1."""
FACTORS = {"b0": (1.0, 1.0), "b1": (1.0, 1.1)}
PARTS = {
    "timm": {
        "expansion.expand_conv": "conv_pw", "expansion.expand_bn": "bn1",
        "depthwise_conv.depthwise_conv": "conv_dw", "depthwise_conv.depthwise_norm": "bn2",
        "squeeze_excite.reduce": "se.conv_reduce",
        "squeeze_excite.expand": "se.conv_expand",
        "projection.project_conv": "conv_pwl", "projection.project_bn": "bn3",
    },
    "torchvision": {
        "expansion.expand_conv": "block.0.0", "expansion.expand_bn": "block.0.1",
        "depthwise_conv.depthwise_conv": "block.1.0",
        "depthwise_conv.depthwise_norm": "block.1.1",
        "squeeze_excite.reduce": "block.2.fc1", "squeeze_excite.expand": "block.2.fc2",
        "projection.project_conv": "block.3.0", "projection.project_bn": "block.3.1",
    },
}  # fmt: skip
NARROW = {
    "timm": (("conv_pwl", "conv_pw"), ("bn2", "bn1"), ("bn3", "bn2")),
    "torchvision": tuple(
        (f"block.{n}", f"block.{n - 1}") for n in (1, 2, 3)
    ),
}  # fmt: skip
"""Names of blocks whose first convolution is left out."""
ENDS = {
    "timm": {
        "embeddings.convolution": "conv_stem", "embeddings.batchnorm": "bn1",
        "encoder.top_conv": "conv_head", "encoder.top_bn": "bn2",
        "classifier": "classifier",
    },
    "torchvision": {
        "embeddings.convolution": "features.0.0", "embeddings.batchnorm": "features.0.1",
        "encoder.top_conv": "features.8.0", "encoder.top_bn": "features.8.1",
        "classifier": "classifier.1",
    },
}  # fmt: skip


def normalising(model: Any) -> Any:
    """Draw kernels, and give normalisation the statistics of images: outputs vary."""
    torch.manual_seed(1)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
        norm.reset_running_stats()
    with torch.no_grad():
        model.train()(channels_first(images(SIDE)))
    return model.eval()


def check_equal(expected: np.ndarray, right: np.ndarray, wrong: np.ndarray) -> None:
    """Check outputs, and that those of another padding or epsilon are far away."""
    scale = np.abs(expected).max()
    assert np.abs(right - expected).max() < 1e-4 * scale
    assert np.abs(wrong - expected).max() > 1e-2 * scale


def reference(variant: str, is_symmetric: bool) -> Any:
    width, depth = FACTORS[variant]
    config = transformers.EfficientNetConfig(
        width_coefficient=width, depth_coefficient=depth, image_size=SIDE, num_labels=7,
        hidden_dim=1280,
    )  # fmt: skip
    model = disturbed(transformers.EfficientNetForImageClassification(config))
    if is_symmetric:
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.eps = 1e-5
            if isinstance(module, torch.nn.ZeroPad2d):
                module.padding = (max(1, max(module.padding)),) * 4
    return normalising(model)


def named(state: dict[str, Any], library: str, variant: str) -> dict[str, Any]:
    """Return the weights of an EfficientNet of `transformers` by other names."""
    places = [
        (stage, number)
        for stage, count in enumerate(STAGES[variant])
        for number in range(count)
    ]
    found = {}
    for name, tensor in state.items():
        name = name.removeprefix("efficientnet.")
        if match := re.fullmatch(r"encoder\.blocks\.(\d+)\.(\w+\.\w+)\.(\w+)", name):
            stage, number = places[int(match[1])]
            begin = f"blocks.{stage}" if library == "timm" else f"features.{stage + 1}"
            part = PARTS[library][match[2]]
            if stage == 0:
                rules = NARROW[library]
                part = next((part.replace(a, b) for a, b in rules if a in part), part)
            found[f"{begin}.{number}.{part}.{match[3]}"] = tensor
            continue
        layer, _, leaf = name.rpartition(".")
        found[f"{ENDS[library][layer]}.{leaf}"] = tensor
    return found


def published(state: dict[str, Any], **config: Any) -> Published:
    return Published("it", stored(state), config, {}, {}, [], {}, None)


def model_keys(keys: dict[str, Any]) -> dict[str, Any]:
    return {k[6:]: v for k, v in keys.items() if k.startswith("model.")}


@pytest.mark.parametrize(
    ("library", "variant", "architecture"),
    [
        ("timm", "b0", "tf_efficientnet_b0"),
        ("timm", "b1", "efficientnet_b1"),
        ("torchvision", "b0", ""),
    ],
)
def test_efficientnet(library: str, variant: str, architecture: str):
    is_symmetric = library == "torchvision" or architecture == "efficientnet_b1"
    theirs = reference(variant, is_symmetric)
    state = named(theirs.state_dict(), library, variant)
    config = {"architecture": architecture} if architecture else {}
    keys = model_keys(EfficientNet.keys_of(published(state, **config)))
    assert keys == {
        "variant": variant, "padding": "symmetric" if is_symmetric else "same",
    }  # fmt: skip
    ours = efficientnet((SIDE, SIDE, 3), 7, **keys)
    loaded = load_published(ours, stored(state), "efficientnet", "it")
    assert (loaded.library, loaded.replaced) == (library, [])
    other = efficientnet((SIDE, SIDE, 3), 7, **keys | {
        "padding": "same" if is_symmetric else "symmetric",
    })  # fmt: skip
    other.set_weights(ours.get_weights())
    found = (numbers(outputs(each, images(SIDE))) for each in (ours, other))
    check_equal(logits(theirs, images(SIDE)), *found)
    written = published_arrays(
        ours, library_of(library, EfficientNet(**keys), ours), True
    )
    assert written.keys() == state.keys()
    for name in written.keys() - {n for n in written if n.endswith("tracked")}:
        np.testing.assert_array_equal(written[name], state[name].numpy())


TIMM_RULES = {
    "v2": (
        (r"^features\.0\.0", "conv_stem"), (r"^features\.0\.1", "bn1"),
        (r"^features\.18\.0", "conv_head"), (r"^features\.18\.1", "bn2"),
        (r"^classifier\.1", "classifier"),
    ),
    "v3-small": (
        (r"^features\.0\.0", "conv_stem"), (r"^features\.0\.1", "bn1"),
        (r"^features\.12\.0", "blocks.5.0.conv"), (r"^features\.12\.1", "blocks.5.0.bn1"),
        (r"^classifier\.0", "conv_head"), (r"^classifier\.3", "classifier"),
    ),
}  # fmt: skip
COUNTS = {"v2": (1, 2, 3, 4, 3, 3, 1), "v3-small": (1, 2, 3, 2, 3)}
"""Blocks of each stage of timm."""


def timm_mobilenet(state: dict[str, Any], variant: str) -> dict[str, Any]:
    """Return weights by torchvision's names by those of timm."""
    places = [
        (stage, number)
        for stage, count in enumerate(COUNTS[variant])
        for number in range(count)
    ]
    rules = [*TIMM_RULES[variant]]
    for block, (stage, number) in enumerate(places, start=1):
        begin = rf"^features\.{block}\.(?:conv|block)\."
        ours, is_narrow = f"blocks.{stage}.{number}", block == 1
        squeezes = SQUEEZED.get(variant, [0] * 99)[block - 1] > 0
        names = (
            ["conv_dw", "conv_pw"] if is_narrow else ["conv_pw", "conv_dw", "conv_pwl"]
        )
        last = len(names) - 1
        for place, name in enumerate(names[:-1]):
            rules.append((rf"{begin}{place}\.0", f"{ours}.{name}"))
            rules.append((rf"{begin}{place}\.1", f"{ours}.bn{place + 1}"))
        rules.append((rf"{begin}{last}\.fc1", f"{ours}.se.conv_reduce"))
        rules.append((rf"{begin}{last}\.fc2", f"{ours}.se.conv_expand"))
        place = last + squeezes
        ends = (rf"{place}\.", rf"{place + 1}\.")
        if variant != "v2":
            ends = (rf"{place}\.0\.", rf"{place}\.1\.")
        rules.append((begin + ends[0], f"{ours}.{names[-1]}."))
        rules.append((begin + ends[1], f"{ours}.bn{last + 1}."))
    found = renamed(state, *rules)
    if "conv_head.bias" in found:
        found["conv_head.weight"] = found["conv_head.weight"][:, :, None, None]
    return found


def ours_of(keys: dict[str, Any]) -> Any:
    return mobilenet((SIDE, SIDE, 3), 7, **keys)


@pytest.mark.parametrize("variant", COUNTS)
def test_mobilenet_of_timm(variant: str):
    between = SQUEEZED.get(variant, [0] * 17)
    theirs = disturbed(torchvision_mobilenets.MobileNet(variant, 7, between))
    for module in theirs.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eps = 1e-5
    theirs = normalising(theirs)
    name = variant.replace("v3-", "v3_").replace("v2", "v2_100")
    name = f"mobilenet{name}" + ("_100" if variant != "v2" else "")
    state = timm_mobilenet(theirs.state_dict(), variant)
    weights = published(state, architecture=name)
    keys = model_keys(MobileNet.keys_of(weights))
    assert keys == {"variant": variant, "padding": "symmetric", "epsilon": 1e-5}
    of_tensorflow = published(state, architecture=f"tf_{name}.in1k")
    keys_of_tensorflow = model_keys(MobileNet.keys_of(of_tensorflow))
    assert keys_of_tensorflow == {
        "variant": variant, "padding": "same", "epsilon": 1e-3,
    }  # fmt: skip
    for odd in (3, [{}], None):
        assert MobileNet.keys_of(published(state, architecture=name, model_args=odd))
    changed = published(state, architecture=name, model_args={"bn_eps": 1e-2})
    with pytest.raises(ModelFileError, match="model_args with bn_eps"):
        MobileNet.keys_of(changed)
    with pytest.raises(
        ConfigError, match="no model 'mobilenet' with padding and epsilon"
    ):
        library_of(
            "torchvision", MobileNet(**keys | {"padding": "same"}), ours_of(keys)
        )
    assert model_keys(MobileNet.keys_of(published(state))) == {"variant": variant}
    ours = ours_of(keys)
    loaded = load_published(ours, stored(state), "mobilenet", "it")
    assert (loaded.library, loaded.replaced) == ("timm", [])
    other = mobilenet((SIDE, SIDE, 3), 7, **keys | {"epsilon": 1e-3})
    other.set_weights(ours.get_weights())
    with torch.no_grad():
        expected = theirs(channels_first(images(SIDE))).numpy()
    found = (numbers(outputs(each, images(SIDE))) for each in (ours, other))
    check_equal(expected, *found)
    written = published_arrays(ours, library_of("timm", MobileNet(**keys), ours), True)
    assert written.keys() == state.keys()
    for name in written.keys() - {n for n in written if n.endswith("tracked")}:
        np.testing.assert_array_equal(written[name], state[name].numpy())
