"""Frozen parts stay, cached features change nothing, and blocks learn at their own rate."""

from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasdl import registry
from kerasdl.errors import ConfigError
from kerasdl.jobs import features, transfer
from kerasdl.jobs.build_session import build_session
from kerasdl.models import bert, efficientnet, mlp
from tests.contract import numbers, outputs
from tests.jobs.helpers import config, trained, verb
from tests.models import small
from tests.variants import quickest

SMALL = ("model.hidden_units=[16, 12]", "training.epochs=3", "data.split_seed=0")
LAST = ("head",)


def values(model: keras.Model) -> dict[str, np.ndarray]:
    return {each.path: np.array(numbers(each)) for each in model.weights}


def changed(settings: tuple[str, ...]) -> set[str]:
    """Return the layers that training changed."""
    session = build_session(config("mlp", *SMALL, *settings))
    before = values(session.model)
    session.fit_in_memory()
    after = values(session.model)
    differ = {n for n in after if not np.array_equal(before[n], after[n])}
    return {name.partition("/")[0] for name in differ}


@pytest.mark.parametrize(
    ("unfreeze", "expected"),
    [
        ("none", {"head"}),
        ("1", {"dense_2", "norm_2", "head"}),
        *quickest(
            ('["dense_1"]', {"dense_1", "head"}),
            ('["norm_*", "dense_2"]', {"norm_1", "norm_2", "dense_2", "head"}),
        ),
    ],
)
def test_what_is_frozen_stays(unfreeze: str, expected: set[str]):
    assert changed((f"transfer.unfreeze={unfreeze}",)) == expected


@pytest.mark.variant
def test_features_change_nothing(monkeypatch: pytest.MonkeyPatch):
    settings = (*SMALL, "transfer.unfreeze=none", "model.dropout=0.3")
    cached = build_session(config("mlp", *settings))
    cached.fit_in_memory()
    assert cached.learner is not cached.model
    whole = lambda config, model, dataset: (model, dataset)
    monkeypatch.setattr(features, "learner", whole)
    plain = build_session(config("mlp", *settings))
    plain.fit_in_memory()
    for name, expected in values(plain.model).items():
        found = values(cached.model)[name]
        np.testing.assert_allclose(found, expected, atol=1e-5, err_msg=name)


@pytest.mark.any_backend
def test_groups():
    names = lambda model, last: [
        [layer.name for layer in group] for group in transfer.layer_groups(model, last)
    ]
    assert names(mlp((4,), 3, (8, 8)), LAST) == [
        ["dense_1", "norm_1"],
        ["dense_2", "norm_2"],
        ["head"],
    ]
    found = names(bert((7,), 3, 11, width=8, depth=2, mlp_units=8), ("head", "pooler"))
    assert found == [
        ["tokens", "types", "positions", "norm"],
        ["block_1"],
        ["block_2"],
        ["pooler", "head"],
    ]
    groups = names(efficientnet((32, 32, 3), 3), LAST)
    assert groups[0] == ["stem_conv", "stem_norm"]
    assert groups[-2] == ["block_16", "last_conv", "last_norm"]
    assert len(groups) == 18


@pytest.mark.any_backend
def test_a_rate_for_each_block():
    session = build_session(
        config("mlp", *SMALL, "transfer.layer_decay=0.5", "transfer.unfreeze=1")
    )
    factors = transfer.rate_factors(session.config, session.model)
    assert factors == {
        "dense_2/kernel": 0.5,
        "dense_2/bias": 0.5,
        "norm_2/gamma": 0.5,
        "norm_2/beta": 0.5,
        "head/kernel": 1.0,
        "head/bias": 1.0,
    }


@pytest.mark.any_backend
def test_frozen_dropout_is_off():
    session = build_session(
        config("mlp", *SMALL, "transfer.unfreeze=none", "model.dropout=0.5")
    )
    rates = [
        layer.rate for layer in session.model.layers if layer.name.startswith("dropout")
    ]
    assert rates == [0.0, 0.5]


@pytest.mark.any_backend
def test_a_model_without_a_last_layer_of_its_own():
    Path("text.txt").write_text("abc " * 500)
    with pytest.raises(ConfigError, match="has no last layer of its own to train"):
        build_session(
            config(
                "gpt-tiny", "data.name=text.txt", "model.width=8", "model.num_heads=2",
                "model.depth=1", "model.mlp_units=8", "transfer.unfreeze=none",
            )
        )  # fmt: skip


@pytest.mark.any_backend
def test_more_blocks_than_there_are():
    with pytest.raises(ConfigError, match="is more than the 2 blocks of model 'mlp'"):
        build_session(config("mlp", *SMALL, "transfer.unfreeze=3"))


@pytest.mark.any_backend
def test_names_that_no_layer_has():
    with pytest.raises(
        ConfigError, match=r"'conv_\*', which no layer .* is named"
    ) as told:
        build_session(config("mlp", *SMALL, 'transfer.unfreeze=["norm_1", "conv_*"]'))
    assert "there are dense_1, norm_1, dense_2, norm_2" in str(told.value)


@pytest.mark.any_backend
@pytest.mark.parametrize("family", sorted(small.SMALL))
def test_what_is_left_of_any_family_gives_its_outputs(family: str):
    table = registry.find("families", family)
    x = small.inputs(family)
    for unfreeze in ("none", 1, 2):
        model = small.build(family)
        whole = numbers(outputs(model, x))
        chosen = SimpleNamespace(
            transfer=SimpleNamespace(unfreeze=unfreeze), model=table
        )
        try:
            transfer.freeze(chosen, model)
        except ConfigError:
            continue
        trained = {each.path for each in model.trainable_variables}
        assert trained
        if (part := features.part_to_train(model)) is None:
            continue
        cut, rest = part
        assert {each.path for each in rest.trainable_variables} == trained
        frozen = keras.Model(model.input, cut)
        found = numbers(outputs(rest, outputs(frozen, x)))
        np.testing.assert_allclose(found, whole, atol=1e-5)


@pytest.mark.any_backend
@pytest.mark.parametrize("command", ["check", "lr-find"])
def test_commands_before_training(command: str):
    flags = [f"--set={each}" for each in (*SMALL, "transfer.unfreeze=none")]
    more = ["--steps", "20"] if command == "lr-find" else []
    code, said = verb(command, "--preset", "mlp", *flags, *more)
    assert code == 0, said


@pytest.mark.any_backend
def test_commands_after_training():
    settings = (*SMALL, "transfer.unfreeze=none", "training.monitor=val_f1")
    run, _ = trained("mlp", *settings, report=True)
    for command in ("evaluate", "report", "doctor"):
        more = ["--no-experiments"] if command == "doctor" else []
        code, said = verb(command, str(run.path), *more)
        assert code == 0, said
    code, said = verb("doctor", str(run.path), "--minutes", "0.05")
    assert code == 0, said
