"""The curvature of the loss: the largest eigenvalue of its Hessian."""

from typing import Any

import keras
import numpy as np

from kerasdl import backend

TOLERANCE = 1e-4
"""Relative error of the eigenvalue."""
DENSE = 3
"""Models of fewer weights have their whole Hessian computed."""


def curvature(model: keras.Model, x: Any, y: Any, seed: int = 0) -> float:
    """Return the largest eigenvalue of the Hessian of the loss by the trained weights.

    Plain gradient descent diverges along its eigenvector where the learning rate is
    above 2 divided by it (Cohen et al. 2021, https://arxiv.org/abs/2103.00065). It is
    found by Lanczos iteration with products of the Hessian and a vector, which take
    about the time of two gradients each. Layers behave as in inference.

    Args:
        model: A built and compiled model whose operations can be differentiated twice.
        x: Inputs of shape `(examples, …)`; a list or a dictionary of several inputs.
        y: Targets of the loss, of shape `(examples, …)`.
        seed: Seed of the vector that the iteration starts from.

    Returns:
        The eigenvalue; it is negative if the loss curves down in all directions.

    Raises:
        ValueError: If the model is not compiled or has no trained weights, or if a
            product is not finite.
    """
    if not model.compiled:
        raise ValueError("`model` has no loss: compile it first")
    variables = model.trainable_variables
    if not variables:
        raise ValueError("`model` has no trainable weights")
    given = keras.tree.map_structure(np.asarray, (x, y))

    def loss(*leaves: Any) -> Any:
        inputs, targets = keras.tree.pack_sequence_as(given, leaves)
        outputs = model(inputs, training=False)
        return model.compute_loss(inputs, targets, outputs, training=False)

    along = backend.current().hessian_product(loss, variables)
    leaves = keras.tree.flatten(given)
    return _largest(lambda vector: along(vector, *leaves), variables, seed)


def _largest(product: Any, variables: list[keras.Variable], seed: int) -> float:
    """Return the largest eigenvalue of a symmetric product of arrays by variable."""
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    shapes = [tuple(variable.shape) for variable in variables]
    dtypes = [keras.backend.standardize_dtype(variable.dtype) for variable in variables]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    count = int(ends[-1])

    def multiplied(vector: np.ndarray) -> np.ndarray:
        parts = np.split(vector.ravel(), ends[:-1])
        arrays = [
            part.reshape(shape).astype(dtype)
            for part, shape, dtype in zip(parts, shapes, dtypes, strict=True)
        ]
        whole = np.concatenate([each.ravel() for each in product(arrays)])
        if not np.isfinite(whole).all():
            raise ValueError("the Hessian of the loss is not finite")
        return whole.astype("float64")

    if count < DENSE:
        dense = np.stack([multiplied(row) for row in np.eye(count)])
        return float(np.linalg.eigvalsh(dense)[-1])
    operator = LinearOperator((count, count), matvec=multiplied, dtype="float64")  # pyright: ignore
    start = np.random.default_rng(seed).standard_normal(count)
    try:
        values = eigsh(
            operator, 1, which="LA", v0=start, tol=TOLERANCE, return_eigenvectors=False
        )
    except ArpackNoConvergence as fault:
        if not len(fault.eigenvalues):
            raise ValueError("the largest eigenvalue was not found") from fault
        values = fault.eigenvalues
    return float(values[0])
