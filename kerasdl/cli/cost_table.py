"""What a model costs, as lines of text."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasdl.jobs.cost import Cost, Measured


def cost_table(cost: "Cost") -> list[str]:
    """Return the lines of a table of layers, the sums and the latencies."""
    rows = [("layer", "class", "output", "parameters", "FLOPs", "activations")]
    for layer in cost.layers:
        name = f"{layer.name} ×{layer.calls}" if layer.calls > 1 else layer.name
        shape = " × ".join(map(str, layer.output[1:]))
        sizes = f"{layer.parameters:,}", f"{layer.flops:,}"
        rows.append((name, layer.kind, shape, *sizes, in_bytes(layer.activation_bytes)))
    lines = aligned(rows, left=3)
    lines += ["", f"parameters        {cost.parameters:,}"]
    lines[-1] += f", of which {cost.trainable_parameters:,} are trained"
    lines.append(f"one example       {cost.flops:,} FLOPs; a multiply-add counts as 2")
    lines += [f"not counted       {name}" for name in cost.not_counted]
    if cost.training_bytes is not None and cost.optimizer_bytes is not None:
        parts = {
            "weights": cost.weight_bytes,
            "gradients": cost.gradient_bytes,
            "optimizer": cost.optimizer_bytes,
            "activations": cost.activation_bytes,
        }
        listed = ", ".join(f"{name} {in_bytes(size)}" for name, size in parts.items())
        total = in_bytes(cost.training_bytes)
        lines.append(f"training, batch {cost.batch_size}: about {total} ({listed})")
    return [*lines, "", *aligned(_latencies(cost.measured), left=1)]


def aligned(rows: list[tuple[str, ...]], left: int) -> list[str]:
    """Return rows as lines, whose first columns begin at one place; others end so."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            text.ljust(width) if place < left else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def in_bytes(size: float) -> str:
    """Return a size with its unit, such as `1.5 MiB`."""
    if size < 1024:
        return f"{size:.0f} B"
    units = iter(("KiB", "MiB", "GiB", "TiB"))
    size, unit = size / 1024, next(units)
    while size >= 1024 and unit != "TiB":
        size, unit = size / 1024, next(units)
    return f"{size:.1f} {unit}"


def _latencies(measured: "list[Measured]") -> list[tuple[str, ...]]:
    names = ("precision", "batch", "median ms", "99 % ms", "calls")
    rows: list[tuple[str, ...]] = [names]
    for each in measured:
        times = each.latency.median, each.latency.p99
        shown = [f"{1000 * seconds:.3f}" for seconds in times]
        rows.append(
            (each.policy, str(each.batch_size), *shown, str(each.latency.calls))
        )
    extra = [
        ("joules", [each.latency.joules for each in measured], "{:.3g}".format),
        ("peak memory", [each.peak_memory_bytes for each in measured], in_bytes),
    ]
    for name, values, form in extra:
        if any(value is not None for value in values):
            column = ["" if value is None else form(value) for value in values]
            rows = [
                (*row, cell) for row, cell in zip(rows, [name, *column], strict=True)
            ]
    return rows
