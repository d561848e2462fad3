"""The graph of a model: each layer, its size, and what it takes."""

import keras
import pytest
from keras import layers

from kerasdl.figures import LayerGraph, from_json, to_json
from kerasdl.jobs.model_graph import MOST_ROWS, model_graph
from kerasdl.layers import ResidualBlock


def graph(model: keras.Model) -> LayerGraph:
    found = model_graph(model)
    assert found is not None
    assert from_json(to_json(found)) == found
    return found


def named_edges(of: LayerGraph) -> set[tuple[str, str]]:
    return {(of.names[a], of.names[b]) for a, b in of.edges}


def test_two_inputs_and_a_skip_connection():
    one, two = keras.Input((8,), name="one"), keras.Input((4,), name="two")
    x = layers.Dense(8, name="wide")(one)
    x = layers.Add(name="sum")([one, layers.Activation("relu", name="relu")(x)])
    y = layers.Dense(3, name="narrow")(two)
    model = keras.Model([one, two], layers.Concatenate(name="both")([x, y]))
    found = graph(model)
    assert found.names == ["one", "wide", "relu", "sum", "two", "narrow", "both"]
    assert named_edges(found) == {
        ("one", "wide"), ("wide", "relu"), ("relu", "sum"), ("one", "sum"),
        ("two", "narrow"), ("narrow", "both"), ("sum", "both"),
    }  # fmt: skip
    assert found.parameters == [None, 72, None, None, None, 15, None]
    assert found.outputs[-1] == "11"


@pytest.mark.parametrize("channels", [3, 4])
def test_a_residual_block_shows_its_shortcut(channels: int):
    """The sum takes the input itself, or its projection to other channels."""
    block = ResidualBlock(4, name="block")
    found = graph(keras.Sequential([keras.Input((8, 8, channels)), block]))
    assert found.depths == [0, 0, *[1] * (len(found.names) - 2)]
    sum_ = found.classes.index("Add")
    sources = {found.names[a] for a, b in found.edges if b == sum_}
    assert sources == {"norm_2", "block" if channels == 4 else "projection_norm"}
    assert sum(n or 0 for n in found.parameters[2:]) == found.parameters[1]


def test_the_model_is_as_before():
    block = ResidualBlock(4, name="block")
    model = keras.Sequential([keras.Input((8, 8, 4)), block])
    config = model.get_config()
    graph(model)
    assert model.get_config() == config
    assert not hasattr(block.conv_1, "output")


def test_equal_blocks_stand_once_and_parameters_are_those_of_one():
    x = keras.Input((16,))
    inputs = x
    for _ in range(5):
        y = layers.Dense(16, activation="relu")(x)
        x = layers.Add()([x, layers.LayerNormalization()(y)])
    found = graph(keras.Model(inputs, x))
    assert found.repeats == [1, 5, 1, 1, 1]
    assert found.parameters[1] == 16 * 17 + 32
    assert found.edges == [[0, 1], [1, 2], [1, 4], [2, 3], [3, 4]]


def test_a_shared_layer_stands_at_each_call_and_counts_once():
    one, two, dense = keras.Input((4,)), keras.Input((4,)), layers.Dense(4, name="same")
    found = graph(keras.Model([one, two], layers.Add()([dense(one), dense(two)])))
    sizes = [n for name, n in zip(found.names, found.parameters, strict=True)
             if name == "same"]  # fmt: skip
    assert sizes == [20, None]


def test_a_nested_model_is_opened():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    found = graph(keras.Sequential([keras.Input((4,)), inner]))
    assert found.depths == [0, 0, 1, 1]
    assert found.edges == [[0, 1], [1, 2], [2, 3]]


def test_a_deep_model_is_cut():
    x = inputs = keras.Input((2, 1))
    for _ in range(MOST_ROWS + 10):
        x = layers.ZeroPadding1D()(x)
    found = graph(keras.Model(inputs, x))
    assert len(found.names) == MOST_ROWS
    assert "table" in found.note


def test_a_subclass_is_no_graph():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x: object) -> object:
            return self.dense(x)

    model = Own()
    model(keras.ops.zeros((1, 4)))
    assert model_graph(model) is None


@pytest.mark.parametrize("name", ['<script>"', "x" * 300])
def test_any_name_is_kept(name: str):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model.layers[-1].name = name
    assert name in graph(model).names
