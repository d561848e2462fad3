"""What a user should know of a run before its first step."""

from collections.abc import Iterator

from kerasdl.config import Config


def cautions(config: Config, batches_per_epoch: int) -> Iterator[str]:
    """Yield a line for each thing that is allowed and seldom meant.

    Args:
        config: The resolved config.
        batches_per_epoch: Batches of the training split.
    """
    accumulate = config.training.accumulate
    if accumulate > batches_per_epoch:
        yield (
            f"training.accumulate (={accumulate}) is more than the {batches_per_epoch} "
            "batches of an epoch: there is one update an epoch — lower it for more"
        )
