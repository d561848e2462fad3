"""Low-rank updates and rates of blocks, against steps written by hand in PyTorch."""

import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import safetensors.numpy

from kerasdl.backend.feed import Feed
from kerasdl.errors import ConfigError
from kerasdl.jobs import lora
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.session import Session
from kerasdl.model_file.loading import load
from tests.contract import numbers
from tests.jobs.helpers import config, trained, verb

torch = pytest.importorskip("torch")
MLP = (
    "model.hidden_units=[16, 12]",
    "model.norm=none",
    "model.activation=tanh",
    "schedule.name=constant",
    "training.examples=300",
    "training.epochs=1",
    "optimizer.learning_rate=0.01",
    "optimizer.global_clipnorm=0",
    "optimizer.epsilon=1e-12",
    "model.dropout=0",
    "loss.label_smoothing=0",
)
LORA = (
    "transfer.lora_rank=2",
    "transfer.lora_alpha=6",
    'transfer.lora_layers=["dense_2"]',
)


def values(model: keras.Model) -> dict[str, np.ndarray]:
    return {each.path: np.array(numbers(each)) for each in model.weights}


def batches(session: Session) -> list[tuple[Any, Any]]:
    feed = Feed(session.batches)
    feed.begin(0)
    return [
        (torch.tensor(x.reshape(len(x), -1)), torch.tensor(y).long())
        for x, y in (feed[index] for index in range(len(feed)))
    ]


def by_hand(session: Session, factors: dict[str, float]) -> dict[str, np.ndarray]:
    """Return the weights after an epoch of AdamW in PyTorch.

    Args:
        session: The session, not trained yet.
        factors: Factor of the rate of each trained weight, by path.
    """
    w = {
        n: torch.tensor(a, requires_grad=n in factors)
        for n, a in values(session.model).items()
    }
    table = session.config.optimizer
    groups = [
        {
            "params": [w[name]],
            "lr": table.learning_rate * factor,
            "weight_decay": table.weight_decay if w[name].ndim > 1 else 0.0,
        }
        for name, factor in factors.items()
    ]
    optimizer = torch.optim.AdamW(groups, betas=(table.beta_1, table.beta_2), eps=1e-12)
    for x, y in batches(session):
        for layer in ("dense_1", "dense_2", "head"):
            kernel = w[f"{layer}/kernel"]
            if f"{layer}/lora_kernel_a" in w:
                update = w[f"{layer}/lora_kernel_a"] @ w[f"{layer}/lora_kernel_b"]
                kernel = kernel + 6 / 2 * update
            x = x @ kernel + w[f"{layer}/bias"]
            x = x if layer == "head" else torch.tanh(x)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(x, y).backward()
        optimizer.step()
    return {name: array.detach().numpy() for name, array in w.items()}


@pytest.mark.parametrize(
    ("settings", "factors"),
    [
        (
            LORA,
            {
                "dense_2/lora_kernel_a": 1.0,
                "dense_2/lora_kernel_b": 1.0,
                "head/kernel": 1.0,
                "head/bias": 1.0,
            },
        ),
        (
            ("transfer.layer_decay=0.5", "transfer.unfreeze=1"),
            {
                "dense_2/kernel": 0.5,
                "dense_2/bias": 0.5,
                "head/kernel": 1.0,
                "head/bias": 1.0,
            },
        ),
    ],
    ids=["low-rank updates", "a rate for each block"],
)
def test_as_by_hand(settings: tuple[str, ...], factors: dict[str, float]):
    session = build_session(config("mlp", *MLP, *settings))
    expected = by_hand(session, factors)
    session.fit_in_memory()
    found = values(session.model)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, atol=1e-5, err_msg=name)


@pytest.mark.variant
@pytest.mark.parametrize("first", [0, 1])
def test_a_run_has_merged_weights_and_the_updates_alone(first: int):
    settings = (*MLP, *LORA, f"transfer.head_epochs={first}")
    run, whole = trained("mlp", *settings)
    kept = safetensors.numpy.load_file(run.path / "adapters.safetensors")
    assert kept.keys() == {
        "dense_2/lora_kernel_a",
        "dense_2/lora_kernel_b",
        "head/kernel",
        "head/bias",
    }
    model, _ = load(run.model_file)
    saved, start = values(model), values(build_session(config("mlp", *settings)).model)
    update = 3 * kept["dense_2/lora_kernel_a"] @ kept["dense_2/lora_kernel_b"]
    assert np.abs(update).max() > 1e-4
    np.testing.assert_allclose(
        saved["dense_2/kernel"], start["dense_2/kernel"] + update, atol=1e-6
    )
    np.testing.assert_array_equal(saved["dense_1/kernel"], start["dense_1/kernel"])
    code, said = verb("evaluate", str(run.path))
    assert code == 0, said
    assert f"{whole['test']['accuracy']:.4f}" in said
    (run.path / "result.json").unlink()
    (run.path / "MANIFEST.json").unlink()
    shutil.copytree(run.path, "again")
    code, said = verb("resume", "again")
    assert code == 0, said
    again = safetensors.numpy.load_file(Path("again", "adapters.safetensors"))
    for name, array in kept.items():
        np.testing.assert_array_equal(again[name], array)


@pytest.mark.any_backend
def test_statistics_of_batches_stay():
    session = build_session(config("mlp", *MLP, *LORA, "model.norm=batch"))
    before = values(session.model)
    session.fit_in_memory()
    after = values(session.model)
    changed = {name for name in after if not np.array_equal(before[name], after[name])}
    assert changed == {
        "dense_2/lora_kernel_a", "dense_2/lora_kernel_b", "head/kernel", "head/bias",
    }  # fmt: skip


@pytest.mark.any_backend
def test_names_of_no_layer():
    with pytest.raises(ConfigError, match="can have low-rank updates are: dense_1, d"):
        build_session(config("mlp", *MLP, "transfer.lora_rank=2"))


@pytest.mark.any_backend
def test_an_embedding_can_have_one():
    settings = ("data.name=python-docstrings", "model.width=8", "model.mlp_units=8")
    session = build_session(
        config(
            "bert-tiny",
            *settings,
            "transfer.lora_rank=2",
            'transfer.lora_layers=["tokens"]',
        )
    )
    layer = session.model.get_layer("tokens")
    layer.lora_embeddings_b.assign(np.ones((2, 8)))
    ids = np.arange(5)
    paths = [each.path for each in lora.base(session.model)]
    merged = lora.merged(session.model)[paths.index("tokens/embeddings")]
    np.testing.assert_allclose(merged[ids], numbers(layer(ids)), atol=1e-5)
