"""Mixin of optimizers whose learning rate differs between variables."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from kerasdl.backend.keras_internals import is_decayed, variable_index
from kerasdl.backend.lookup import attribute
from kerasdl.config.suggestion import suggestion

Base: Any = keras.optimizers.Optimizer
Factors = Mapping[str, float] | Sequence[float]


class RateFactors(Base):
    """Mixin for a Keras optimizer: factors of the learning rate, by variable.

    Variables with the same factor are a parameter group of PyTorch: their updates and
    their decoupled weight decay use the learning rate times the factor. Each group is
    updated in one call, so what the backend fuses stays fused.

    Args:
        *args: Passed to the optimizer.
        rate_factors: Factors by `variable.path`, at least 0; others have 1. Or a list,
            one for each trained variable in order, as in the config of an optimizer
            that is built: a model that is read from a file may have other paths.
        **kwargs: Passed to the optimizer.

    Raises:
        BackendError: When it is built, if Keras updates variables in another way.
        ValueError: When it is built, if a factor is out of range, or a path is not that
            of a trained variable.

    Attributes:
        rate_factors: The factors as given; they may be set until it is built.
    """

    def __init__(self, *args: Any, rate_factors: Factors | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.rate_factors = rate_factors or {}
        self.factors: tuple[float, ...] = ()

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the optimizer's variables."""
        if self.rate_factors and not self.built:
            for method in ("_backend_update_step", "_apply_weight_decay"):
                attribute(Base, method)  # else Keras would not call them
            self.factors = _in_order(self.rate_factors, variables)
        super().build(variables)

    def _backend_update_step(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any], rate: Any
    ) -> None:
        """Update the variables of each group."""
        update = attribute(super(), "_backend_update_step")
        if not self.factors:
            update(grads, trainable_variables, rate)
            return
        for factor, group in self._groups(trainable_variables).items():
            own_rate = rate if factor == 1 else rate * factor
            own_grads = [grads[position] for position in group]
            update(own_grads, [trainable_variables[p] for p in group], own_rate)

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        """Shrink the variables of each group; the decay scales with the learning rate."""
        shrink = attribute(super(), "_apply_weight_decay")
        if not self.factors or self.weight_decay is None:
            shrink(variables)
            return
        weight_decay = self.weight_decay
        decayed = [variable for variable in variables if is_decayed(self, variable)]
        try:
            for factor, group in self._groups(decayed).items():
                self.weight_decay = weight_decay * factor
                shrink([decayed[position] for position in group])
        finally:
            self.weight_decay = weight_decay

    def _groups(self, variables: Sequence[Any]) -> dict[float, list[int]]:
        """Return the positions of variables, by the factor of their learning rate."""
        groups: dict[float, list[int]] = {}
        for position, variable in enumerate(variables):
            factor = self.factors[variable_index(self, variable)]
            groups.setdefault(factor, []).append(position)
        return groups

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments; without factors, those of Keras."""
        config, factors = super().get_config(), self.factors or self.rate_factors
        if factors:
            by_path = isinstance(factors, Mapping)
            config["rate_factors"] = dict(factors) if by_path else list(factors)
        return config


def _in_order(
    factors: Factors, variables: Sequence[keras.Variable]
) -> tuple[float, ...]:
    """Return the factors of variables, or an empty tuple if all are 1.

    Raises:
        ValueError: If a factor is out of range, or belongs to no variable.
    """
    paths = [variable.path for variable in variables]
    if isinstance(factors, Mapping):
        for path in factors:
            if path not in paths:
                what = f"`rate_factors` has {path!r}, which is no trained variable"
                raise ValueError(f"{what}: {suggestion(path, paths)}")
        factors = [factors.get(path, 1.0) for path in paths]
    if len(factors) != len(paths):
        what = f"`rate_factors` has {len(factors)} factors"
        raise ValueError(f"{what} for {len(paths)} trained variables")
    for path, factor in zip(paths, factors, strict=True):
        if not 0 <= factor < math.inf:
            rule = "must satisfy 0 ≤ factor < ∞"
            raise ValueError(f"`rate_factors` of {path!r} (={factor}) {rule}")
    return tuple(factors) if set(factors) != {1.0} else ()
