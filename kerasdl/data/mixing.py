"""Mixup and CutMix: batches mixed with themselves, and their targets alike."""

from dataclasses import dataclass

import numpy as np

from kerasdl.data.order import permutation
from kerasdl.seeds import derive_seed


@dataclass(frozen=True)
class Mixing:
    """How the examples of a batch are mixed, each with a partner from the same batch.

    One share λ ~ Beta(α, α) is drawn for a batch, as the authors of both do:

    - mixup takes `λ x + (1 − λ) x'`: Zhang et al. 2018,
      https://arxiv.org/abs/1710.09412, section 2;
    - CutMix puts a box of the partner, of the share 1 − λ of the area where it does not
      reach over the edge, into the image: Yun et al. 2019,
      https://arxiv.org/abs/1905.04899, section 3.1; λ is then what is left of `x`.

    The targets become `λ y + (1 − λ) y'`. With both, each batch tosses a coin. All is
    drawn from the seed and the batch's place alone.

    Args:
        mixup: α of mixup; 0 is without.
        cutmix: α of CutMix; 0 is without. One of the two is above 0.
    """

    mixup: float = 0.0
    cutmix: float = 0.0

    def mix(
        self, x: np.ndarray, y: np.ndarray, seed: int, *place: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return a batch, mixed.

        Args:
            x: float32 of shape `(batch, …)`; images `(batch, height, width)` or
                `(batch, height, width, channels)` for CutMix.
            y: float32 one-hot targets of shape `(batch, classes)`.
            seed: The seed of the run.
            *place: The epoch and the number of the batch.
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
            mixed = _between(x, x[partner], share)
        return mixed, _between(y, y[partner], share)


def _between(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    kept = np.float32(share)
    return kept * one + (1 - kept) * other


def _span(side: int, share: float, at: float) -> slice:
    """Return the pixels around a place; the end may lie over the edge.

    Args:
        side: The pixels of the image.
        share: How much of the side to take, in `[0, 1]`.
        at: The place, as a share of the side in `[0, 1)`.
    """
    length = round(side * share)
    begin = int(side * at) - length // 2
    return slice(max(begin, 0), begin + length)
