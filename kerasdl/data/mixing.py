"""Mixup and CutMix: mix the inputs and targets of a batch."""

from dataclasses import dataclass

import numpy as np

from kerasdl.data.order import permutation
from kerasdl.seeds import derive_seed


@dataclass(frozen=True)
class Mixing:
    """Mixup or CutMix of each example with a partner from the same batch.

    One share λ ~ Beta(α, α) is drawn per batch, as the authors of both papers do:

    - Mixup returns `λ x + (1 − λ) x'`. Zhang et al. 2018,
      https://arxiv.org/abs/1710.09412, section 2.
    - CutMix pastes a box of the partner into the image. The box covers 1 − λ of the
      area, unless it crosses the edge; λ is then recomputed as the remaining share of
      `x`. Yun et al. 2019, https://arxiv.org/abs/1905.04899, section 3.1.

    Targets become `λ y + (1 − λ) y'`. If both are on, each batch picks one at random.
    Draws depend on the seed and the batch's place only.

    Args:
        mixup: α of mixup; 0 disables it.
        cutmix: α of CutMix; 0 disables it. At least one of the two is above 0.
    """

    mixup: float = 0.0
    cutmix: float = 0.0

    def mix(
        self, x: np.ndarray, y: np.ndarray, seed: int, *place: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the mixed batch.

        Args:
            x: float32 of shape `(batch, …)`; images `(batch, height, width)` or
                `(batch, height, width, channels)` for CutMix.
            y: float32 one-hot classes, or labels, of shape `(batch, classes)`.
            seed: The seed of the run.
            *place: The epoch and the index of the batch.
        """
        from scipy.special import betaincinv

        partner = permutation(len(x), seed, "mixing", *place)
        generator = np.random.Philox(key=derive_seed(seed, "mixing", *place))
        # Raw words are the same in every version of NumPy.
        coin, quantile, *centre = generator.random_raw(4) / 2.0**64
        cutting = coin < 0.5 if self.mixup and self.cutmix else self.cutmix > 0
        alpha = self.cutmix if cutting else self.mixup
        share = float(betaincinv(alpha, alpha, quantile))
        if cutting:
            side = (1 - share) ** 0.5
            rows, columns = map(_span, x.shape[1:3], (side, side), centre)
            mixed = x.copy()
            mixed[:, rows, columns] = x[partner, rows, columns]
            share = 1 - x[0, rows, columns].size / x[0].size
        else:
            mixed = _interpolate(x, x[partner], share)
        return mixed, _interpolate(y, y[partner], share)

    def mix_weighted(
        self, x: np.ndarray, y: np.ndarray, weights: np.ndarray, seed: int, *place: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the mixed batch of weighted examples, and its weights.

        With weights w, an example has the loss `λ w l(y) + (1 − λ) w' l(y')`, where l is
        a cross-entropy, which is linear in its target. So the weights become
        `λ w + (1 − λ) w'`, and the targets `λ w y + (1 − λ) w' y'` divided by them.

        Args:
            x: As for `mix`.
            y: As for `mix`.
            weights: float32 of shape `(batch,)`, 0 or more.
            seed: As for `mix`.
            *place: As for `mix`.
        """
        column = weights[:, None]
        x, both = self.mix(x, np.concatenate([y * column, column], 1), seed, *place)
        weighted, mixed = both[:, :-1], both[:, -1:]
        targets = np.divide(weighted, mixed, out=y.copy(), where=mixed > 0)
        return x, targets, mixed[:, 0]


def _interpolate(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    weight = np.float32(share)
    return weight * one + (1 - weight) * other


def _span(side: int, share: float, at: float) -> slice:
    """Return the pixels around a position; the slice may end past the edge.

    Args:
        side: Pixels of the image along the axis.
        share: Fraction of the side to cover, in `[0, 1]`.
        at: Centre, as a fraction of the side in `[0, 1)`.
    """
    length = round(side * share)
    begin = int(side * at) - length // 2
    return slice(max(begin, 0), begin + length)
