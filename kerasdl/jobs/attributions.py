"""Which parts of some images and texts speak for what a model predicts."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasdl import backend
from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.backend.observed_calls import replaced_calls
from kerasdl.data.pictures import is_pictures, pictures
from kerasdl.diagnostics.attribution_picture import attribution_picture
from kerasdl.diagnostics.integrated_gradients import integrated_gradients
from kerasdl.figures import Figure, Pictures, ShadedTokens

if TYPE_CHECKING:
    from kerasdl.data import Dataset
    from kerasdl.tasks.measured import Predicted

MOST_EXPLAINED = 6
MOST_PARAMETERS = 5_000_000
MOST_NUMBERS = 1 << 14
"""Numbers in an input. Gradients of larger inputs and models take long."""
MOST_TOKENS = 128
NOTE = (
    "Integrated gradients, from {} to the input, of the output that is predicted "
    "(Sundararajan et al. 2017): orange speaks for it, blue against it. They add up to "
    "the difference of the output, but for the error of integration{}."
)


def attributions(
    model: keras.Model, dataset: "Dataset", test: "Predicted"
) -> list[Figure]:
    """Return the attributions of mistakes and of right predictions, as pictures or words.

    Args:
        model: The model, trained.
        dataset: Its data.
        test: Targets and outputs of the test split.
    """
    [only] = dataset.preprocessing.signature.values()
    explained = dataset.targets.explained(test.outputs)
    is_large = model.count_params() > MOST_PARAMETERS or (
        np.prod(only.shape) > MOST_NUMBERS
    )
    if explained is None or is_large:
        return []
    rows = _chosen(dataset, test)
    x, _ = dataset.test.take(rows)
    captions = _captions(dataset, test, rows)
    places = explained[rows]
    if only.vocabulary_size is not None:
        return _of_texts(model, dataset, x, places, captions)
    if is_pictures(only.shape):
        return _of_pictures(model, dataset, x, places, captions)
    return []


def gradients(model: keras.Model) -> Callable[[np.ndarray, int], np.ndarray]:
    """Return a function of inputs that returns the gradients of one of the outputs."""
    size = int(np.prod(model.output_shape[1:]))

    def output(x: Any, chosen: Any) -> Any:
        outputs = keras.ops.reshape(model(x, training=False), (-1, size))
        return keras.ops.sum(keras.ops.cast(outputs, "float32") * chosen)

    gradient = backend.current().input_gradient(output, model.variables)
    return lambda x, place: gradient(x, np.eye(size, dtype="float32")[place])


def embedded_gradients(
    model: keras.Model, layer: keras.Layer
) -> Callable[[np.ndarray, np.ndarray, int], np.ndarray]:
    """Return a function that returns the gradients of an output by embeddings.

    Args:
        model: A model of token ids.
        layer: What embeds them.

    Returns:
        A function of embeddings `(batch, time, width)`, ids `(batch, time)`, and the
        number of the output.
    """
    size = int(np.prod(model.output_shape[1:]))

    def output(embedded: Any, ids: Any, chosen: Any) -> Any:
        with replaced_calls({id(layer): (layer, lambda *_, **__: embedded)}):
            outputs = keras.ops.reshape(model(ids, training=False), (-1, size))
        return keras.ops.sum(keras.ops.cast(outputs, "float32") * chosen)

    gradient = backend.current().input_gradient(output, model.variables)
    return lambda x, ids, place: gradient(x, ids, np.eye(size, dtype="float32")[place])


def _chosen(dataset: "Dataset", test: "Predicted") -> np.ndarray:
    """Return the largest mistakes, and the first right predictions, half of each."""
    count = min(MOST_EXPLAINED, len(test.outputs))
    errors = dataset.targets.errors(*test)
    if errors is None:
        return np.arange(count)
    order = np.argsort(-errors.sizes, kind="stable")
    wrong = order[errors.sizes[order] > 0][: count // 2]
    others = np.setdiff1d(np.arange(len(test.outputs)), wrong)
    right = others[np.argsort(errors.sizes[others], kind="stable")]
    return np.concatenate([wrong, right[: count - len(wrong)]])


def _captions(dataset: "Dataset", test: "Predicted", rows: np.ndarray) -> list[str]:
    errors = dataset.targets.errors(*test)
    if errors is None:
        return [""] * len(rows)
    named = [(name, errors.columns[name]) for name in ("target", "prediction")
             if name in errors.columns]  # fmt: skip
    return [", ".join(f"{name} {_short(c[row])}" for name, c in named) for row in rows]


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)[:80]


def _of_pictures(
    model: keras.Model,
    dataset: "Dataset",
    x: np.ndarray,
    places: np.ndarray,
    captions: list[str],
) -> list[Figure]:
    gradient, found = gradients(model), []
    for each, place in zip(x, places.tolist(), strict=True):
        found.append(
            integrated_gradients(
                lambda path, place=place: gradient(path, place),
                each,
                np.zeros_like(each),
            )
        )
    pixels = dataset.preprocessing.pictures(x)
    overlays = [*map(attribution_picture, pixels, found)]
    title, note = "What speaks for a prediction", NOTE.format("an image of means", "")
    return [Pictures(title, pictures(pixels), captions, note, pictures(overlays))]


def _of_texts(
    model: keras.Model,
    dataset: "Dataset",
    ids: np.ndarray,
    places: np.ndarray,
    captions: list[str],
) -> list[Figure]:
    layer = _embedding(model)
    words = dataset.preprocessing.words(ids)
    if layer is None or not words:
        return []
    gradient = embedded_gradients(model, layer)
    tokens, values = [], []
    for each, place, texts in zip(ids, places.tolist(), words, strict=True):
        embedded = keras.ops.convert_to_numpy(layer(each[None]))[0].astype("float32")

        def of_path(path: np.ndarray, each: Any = each, place: int = place) -> Any:
            return gradient(path, np.repeat(each[None], len(path), 0), place)

        whole = integrated_gradients(of_path, embedded, np.zeros_like(embedded))
        count = min(len(texts), MOST_TOKENS)
        tokens.append(texts[:count])
        values.append(_scaled(whole.sum(-1)[:count]))
    title = "Which tokens speak for a prediction"
    note = NOTE.format("empty embeddings", ", and are shown as shares of the greatest")
    return [ShadedTokens(title, captions, tokens, values, note)]


def _scaled(amounts: np.ndarray) -> list[float]:
    most = float(np.abs(amounts).max(initial=0)) or 1.0
    return np.round(amounts / most, 4).tolist()


def _embedding(model: keras.Model) -> keras.Layer | None:
    """Return the layer with the vocabulary of the model's input; None without one."""
    layers = flatten_layers(model)
    tables: Sequence[Any] = [e for e in layers if isinstance(e, keras.layers.Embedding)]
    return max(tables, key=lambda each: each.input_dim, default=None)
