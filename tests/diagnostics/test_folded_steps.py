"""Equal blocks in a chain stand once; what is taken from outside keeps them apart."""

from kerasdl.diagnostics.folded_steps import INPUT, Step, folded


def step(kind: str, *sources: int, parameters: int | None = None) -> Step:
    return Step(f"{kind} {sources}", kind, "8", parameters, sources)


def residual(start: int) -> list[Step]:
    """A block of two layers and their sum with its input, which is `start`."""
    return [
        step("Dense", start, parameters=72),
        step("Norm", start + 1),
        step("Add", start, start + 2),
    ]


def test_equal_blocks_are_one():
    steps = [step("Input"), *residual(0), *residual(3), *residual(6), step("Head", 9)]
    first, block, head = folded(steps)
    assert (first.kind, head.kind, head.sources) == ("Input", "Head", (1,))
    assert (block.repeats, block.sources, block.parameters) == (3, (0,), 72)
    assert [part.kind for part in block.inside] == ["Dense", "Norm", "Add"]
    assert [part.sources for part in block.inside] == [(INPUT,), (0,), (INPUT, 1)]


def test_equal_layers_are_one():
    steps = [step("Input"), *(step("Dense", n, parameters=72) for n in range(4))]
    assert [(s.kind, s.repeats) for s in folded(steps)] == [("Input", 1), ("Dense", 4)]
    assert folded(steps)[1].name == "Dense (0,) … Dense (3,)"


def test_other_parameters_are_another_layer():
    steps = [step("Input"), *(step("Dense", n, parameters=n) for n in range(4))]
    assert [each.repeats for each in folded(steps)] == [1] * 5


def test_an_end_of_a_block_that_is_used_later_keeps_it_apart():
    """As in a U-Net: the head takes the second block's output."""
    steps = [
        step("Input"),
        *residual(0),
        *residual(3),
        *residual(6),
        step("Head", 6, 9),
    ]
    result = folded(steps)
    assert [each.repeats for each in result] == [1, 2, 1, 1, 1, 1]
    assert result[-1].sources == (1, 4)


def test_what_is_used_from_inside_keeps_a_block_apart():
    steps = [step("Input"), *residual(0), *residual(3), step("Head", 5, 6)]
    assert all(each.repeats == 1 for each in folded(steps))
