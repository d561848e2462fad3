"""Build a run from its config."""

from kerasdl.backend.seed_everything import seed_everything
from kerasdl.config import Config
from kerasdl.data import Dataset
from kerasdl.jobs import assemble, initial_weights, lora, transfer
from kerasdl.jobs.batch_size import with_batch_size
from kerasdl.jobs.session import Session


def build_session(
    config: Config,
    dataset: Dataset | None = None,
    download: bool = False,
    is_new: bool = True,
) -> Session:
    """Build a run from its config and seed; its batch size is a number.

    Args:
        config: The resolved config.
        dataset: Its splits, if they are already prepared.
        download: As for `assemble.source`.
        is_new: Whether it begins with the weights of `transfer.weights`; a run that is
            resumed has its own.

    Raises:
        ConfigError: If the data do not fit the model.
        DataError: If the data cannot be learned from.
        ModelFileError: If the weights it begins with cannot be read, or do not fit.
        UnsafeError: If they could run code.
    """
    if dataset is None:
        dataset = assemble.dataset(config, download)
    config = with_batch_size(config, len(dataset.train))
    seed_everything(config.training.seed)
    model = assemble.model(config, dataset.encoding)
    config.model.adapt(model, dataset.train)
    transfer.freeze(config, model)
    begun = initial_weights.begin(config, model, dataset.encoding) if is_new else None
    lora.add(config, model)
    return Session(config, dataset, model, begun)
