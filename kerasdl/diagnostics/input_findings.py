"""Inputs that are not scaled, or not finite."""

from collections.abc import Iterator, Mapping

import numpy as np

from kerasdl.finding import Finding

LARGE, TOO_LARGE = 50.0, 1000.0
"""A greater mean or deviation of a feature is told, or is an error."""
WHY = (
    "the slope of the loss is steep for large features and flat for small ones, so that "
    "no rate suits both; LeCun et al. 1998, Efficient BackProp, section 4.3"
)


def input_findings(
    inputs: Mapping[str, np.ndarray], seen: float | None = None
) -> Iterator[Finding]:
    """Yield a finding for each input that is not finite or not scaled.

    Args:
        inputs: Inputs of shape `(examples, …, features)` by name.
        seen: The greatest mean or deviation of what a layer with a kernel takes; None
            if it is that of the inputs. Layers before it may scale.
    """
    for name, x in inputs.items():
        if missing := [*not_finite(x, name)]:
            yield from missing
            continue
        sizes, feature = feature_size(x)
        if min(sizes, sizes if seen is None else seen) <= LARGE:
            continue
        place = f"feature {feature} of {name}" if x.ndim > 1 else name
        yield Finding(
            "scale",
            f"{place} has a mean or a deviation of {sizes:,.4g}",
            "standardise the inputs, such as by keras.layers.Normalization",
            name,
            sizes,
            f"<= {LARGE:g}",
            "error" if sizes > TOO_LARGE else "warning",
            why=WHY,
        )


def not_finite(values: np.ndarray, name: str) -> Iterator[Finding]:
    """Yield an error if values are NaN or infinite.

    Args:
        values: Inputs or targets of any shape and type.
        name: Which, `"inputs"` or `"targets"`, say.
    """
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return
    count = int((~np.isfinite(values)).sum())
    yield Finding(
        "not-finite",
        f"{name} have {count:,} values that are NaN or infinite",
        "fill or drop them",
        name,
        count,
        "finite",
        "error",
        why="each value that is computed from NaN is NaN",
    )


def feature_size(x: np.ndarray) -> tuple[float, int]:
    """Return the greatest mean or deviation of a feature, and the feature.

    Args:
        x: Numbers of shape `(examples, …, features)`; 0 for texts.
    """
    if x.dtype.kind not in "biuf" or not x.size:
        return 0.0, 0
    columns = x.reshape(-1, x.shape[-1] if x.ndim > 1 else 1).astype("float64")
    sizes = np.maximum(np.abs(columns.mean(0)), columns.std(0))
    return float(sizes.max()), int(sizes.argmax())
