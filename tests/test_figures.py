"""Figures survive JSON; values of no figure are refused."""

import json
from typing import Any

import pytest

from kerasdl.figures import (
    Bars,
    Figure,
    Importances,
    LayerGraph,
    Lines,
    Matrix,
    Pictures,
    ShadedTokens,
    Table,
    from_json,
    to_json,
)

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
FIGURES: list[Figure] = [
    Table("Classes", ["class", "F1"], [["a", 0.5], ["b", None]], "A note."),
    Matrix("Confusion", "true", "predicted", ["a", "b"], [[3, 1], [0, 2]]),
    Lines("ROC", "x", "y", ["a"], [[0.0, 1.0]], [[0.0, None]], diagonal=True),
    Bars("Errors", "error", [0.0, 1.0, 2.0], [3, 4]),
    Pictures("Mistakes", [DOT], ["a"]),
    LayerGraph(
        "Layers", ["a", "b"], ["A", ""], ["", "2"], [None, 3], [1, 2], [0, 1], [[0, 1]]
    ),
]
GRAPH = to_json(FIGURES[-1])
BARS = Importances("Importance", "fall", ["a"], [0.5], [0.4], [0.6])
TOKENS = ShadedTokens("Tokens", ["a"], [["b", "c"]], [[1.0, -0.5]])
FIGURES += [BARS, TOKENS, Pictures("Mistakes", [DOT], ["a"], "", [DOT])]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.figure)
def test_it_survives_json(figure: Figure):
    assert from_json(json.loads(json.dumps(to_json(figure)))) == figure


@pytest.mark.parametrize(
    "values",
    [
        None,
        {"figure": "pie"},
        {"figure": ["table"]},
        {"figure": "table", "title": "x"},
        {"figure": "table", "title": 3, "columns": [], "rows": []},
        {"figure": "table", "title": "x", "columns": ["a"], "rows": [[1, 2]]},
        {"figure": "table", "title": "x", "columns": ["a"], "rows": [[{}]]},
        {"figure": "table", "title": "x", "columns": ["a"], "rows": [], "more": 1},
        {"figure": "bars", "title": "x", "x_label": "", "edges": [0], "counts": [1]},
        {"figure": "bars", "title": "x", "x_label": "", "edges": [], "counts": [True]},
        {"figure": "pictures", "title": "x", "png": ["onerror="], "captions": [""]},
        {"figure": "pictures", "title": "x", "png": ["aGk="], "captions": [""]},
        {"figure": "table", "title": "x", "columns": ["a"] * 20_001, "rows": []},
        {
            "figure": "pictures",
            "title": "x",
            "png": [DOT],
            "captions": [""],
            "overlays": ["aGk="],
        },
        {
            "figure": "pictures",
            "title": "x",
            "png": [DOT],
            "captions": [""],
            "overlays": [DOT] * 2,
        },
        to_json(BARS) | {"lows": [0.55]},
        to_json(BARS) | {"highs": []},
        to_json(TOKENS) | {"values": [[1.0]]},
        to_json(TOKENS) | {"values": [[1.0, -1.5]]},
        to_json(TOKENS) | {"captions": []},
        GRAPH | {"edges": [[1, 0]]},
        GRAPH | {"edges": [[0, 2]]},
        GRAPH | {"edges": [[0]]},
        GRAPH | {"depths": [1, 0]},
        GRAPH | {"depths": [0, 2]},
        GRAPH | {"repeats": [1]},
        GRAPH | {"parameters": ["1", None]},
    ],
)
def test_what_is_no_figure_is_refused(values: Any):
    with pytest.raises(ValueError, match=r"\w"):
        from_json(values)


def test_numbers_must_be_finite():
    values = to_json(Bars("Errors", "error", [0.0, float("inf")], [3]))
    with pytest.raises(ValueError, match="edges holds inf"):
        from_json(values)


@pytest.mark.parametrize("number", [10**400, -(10**400), float("nan"), 2 * 10**308])
def test_numbers_beyond_float64_are_refused(number: float):
    for part in ({"edges": [0, number]}, {"counts": [number]}):
        values = to_json(Bars("Errors", "error", [0.0, 1.0], [3])) | part
        with pytest.raises(ValueError, match="holds") as caught:
            from_json(values)
        assert len(str(caught.value)) < 100


def test_the_largest_numbers_of_float64_are_taken():
    edges = [-1.7e308, 10**308]
    assert from_json(to_json(Bars("Errors", "error", edges, [3]))) is not None
