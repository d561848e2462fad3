"""The layers of a model, and what each takes."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class LayerGraph:
    """Layers in the order of the computation, a row each.

    Args:
        title: What it shows.
        names: The name of each layer.
        classes: The class of each layer.
        outputs: The output shape of each layer, as a text.
        parameters: The parameters of each layer; None if it has no weights.
        repeats: How many such layers follow one another, for each row.
        depths: For each row 0, or 1 if it is a part of the last row of depth 0.
        edges: Pairs of rows: the second takes the output of the first.
        note: A sentence below.
    """

    figure: ClassVar[str] = "layer_graph"
    title: str
    names: list[str]
    classes: list[str]
    outputs: list[str]
    parameters: list[int | None]
    repeats: list[int]
    depths: list[int]
    edges: list[list[int]]
    note: str = ""

    def check(self) -> None:
        """Raise `ValueError` unless all rows are whole and edges point down."""
        columns = (
            self.names, self.classes, self.outputs, self.parameters, self.repeats,
            self.depths,
        )  # fmt: skip
        if len({*map(len, columns)}) > 1:
            raise ValueError(f"a layer of {self.title!r} lacks values")
        if not {*self.depths} <= {0, 1} or self.depths[:1] == [1]:
            raise ValueError(f"a layer of {self.title!r} is too deep")
        for edge in self.edges:
            if len(edge) != 2 or not 0 <= edge[0] < edge[1] < len(self.names):
                raise ValueError(f"an edge of {self.title!r} does not point down")
