"""An epoch ends where it ends with single steps, however many steps are taken at once."""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest

from tests.backend.fused import helpers
from tests.variants import variants

Batch = tuple[np.ndarray, np.ndarray]


def pair(steps: int | str = 4) -> tuple[keras.Model, keras.Model]:
    plain, ours = (
        helpers.compiled(helpers.small, helpers.momentum()) for _ in range(2)
    )
    helpers.accelerated(ours, steps_per_execution=steps)
    return plain, ours


@pytest.mark.parametrize(
    "arguments",
    [
        {"steps_per_epoch": 3, "epochs": 4},
        {"epochs": 3, "initial_epoch": 2},
        *variants(
            {"steps_per_epoch": 3}, {"steps_per_epoch": 5}, {"steps_per_epoch": 10}
        ),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_steps_per_epoch(arguments: dict[str, Any]) -> None:
    plain, ours = pair()
    histories = [helpers.fit(model, **arguments) for model in (plain, ours)]
    assert int(ours.optimizer.iterations) == int(plain.optimizer.iterations)
    assert len(histories[0]["loss"]) == len(histories[1]["loss"])
    helpers.assert_same(ours, plain)


@pytest.mark.variant
def test_steps_of_validation_and_evaluation() -> None:
    x, y = helpers.digits()
    plain, ours = pair()
    histories, found = [], []
    for model in (plain, ours):
        given = {"validation_data": (x, y), "validation_steps": 2}
        histories.append(helpers.fit(model, **given, validation_batch_size=20))
        found.append(model.evaluate(x, y, batch_size=10, steps=3, verbose=0))
    for name, values in histories[0].items():
        np.testing.assert_allclose(histories[1][name], values, rtol=1e-5)
    np.testing.assert_allclose(*found, rtol=1e-5)


class Counted:
    """A generator of batches that knows how many were asked for."""

    def __init__(self, batches: int | None = None):
        self.taken = 0
        self.batches = batches

    def __iter__(self) -> Iterator[Batch]:
        x, y = helpers.digits()
        while self.batches is None or self.taken < self.batches:
            at = self.taken * 20 % 280
            self.taken += 1
            yield x[at : at + 20], y[at : at + 20]


@pytest.mark.variant
def test_a_generator_is_asked_for_no_more_than_it_must_give() -> None:
    plain, ours = pair("auto")
    taken = []
    for model in (plain, ours):
        source = Counted()
        given = {"steps_per_epoch": 5, "batch_size": None, "shuffle": False}
        helpers.fit(model, iter(source), **given)
        taken.append(source.taken)
    if keras.config.backend() == "tensorflow":  # it fetches ahead in a thread
        assert set(taken) <= {10, 11, 12}
    else:
        assert taken[0] == taken[1]
    helpers.assert_same(ours, plain)


@pytest.mark.variant
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_a_generator_that_ends() -> None:
    plain, ours = pair("auto")
    for model in (plain, ours):
        helpers.fit(model, iter(Counted(7)), batch_size=None, epochs=1, shuffle=False)
    assert int(ours.optimizer.iterations) == int(plain.optimizer.iterations)
    helpers.assert_same(ours, plain)


@pytest.mark.variant
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_a_generator_that_ends_within_an_epoch() -> None:
    plain, ours = pair("auto")
    for model in (plain, ours):
        given = {"steps_per_epoch": 5, "shuffle": False, "batch_size": None}
        helpers.fit(model, iter(Counted(7)), **given)
    assert int(ours.optimizer.iterations) == int(plain.optimizer.iterations)
    helpers.assert_same(ours, plain)


@pytest.mark.variant
def test_data_that_fail_leave_the_model_as_it_was_trained() -> None:
    x, y = helpers.digits()

    class Failing(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 9

        def __getitem__(self, index: int) -> Batch:
            if index == 6:
                raise ValueError("the disk is gone")
            size = 20 if index < 3 else 10  # two executions on JAX
            return x[:size], y[:size]

    plain, ours = pair()
    for model in (plain, ours):
        with pytest.raises(Exception, match="the disk is gone"):
            helpers.fit(model, Failing(), shuffle=False, batch_size=None)
    taken = int(ours.optimizer.iterations)
    assert 3 <= taken <= int(plain.optimizer.iterations)
    assert all(np.isfinite(weight).all() for weight in ours.get_weights())
    helpers.fit(ours)
    assert ours.steps_per_execution == 1


def ask(name: str) -> Callable:
    def method(model: keras.Model) -> Any:
        x, y = helpers.digits()
        labels = () if "predict" in name else (y[:8],)
        return np.asarray(getattr(model, name)(x[:8], *labels))

    return method


@pytest.mark.variant
@pytest.mark.parametrize(
    "name",
    ["test_on_batch", "predict", *variants("predict_on_batch", "train_on_batch")],
)
def test_single_batches_from_a_callback(name: str) -> None:
    found: list[list] = [[], []]
    models = pair()
    for model, seen in zip(models, found, strict=True):
        call = ask(name)
        look = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs, m=model, s=seen, c=call: s.append(c(m))
        )
        helpers.fit(model, callbacks=[look])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4, atol=1e-5)
    helpers.assert_same(models[1], models[0], tolerance=1e-4)
