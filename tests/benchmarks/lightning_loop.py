"""The hand-written PyTorch models, trained by Lightning."""

import logging
import time
import warnings
from collections.abc import Callable, Sequence

import lightning
import numpy as np
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from tests.benchmarks.models import BATCH_SIZE
from tests.benchmarks.native_torch import adamw, module, tensors


def contender(
    name: str, weights: Sequence[np.ndarray], x: np.ndarray, y: np.ndarray
) -> Callable[[], float]:
    """Return what trains two epochs and returns the seconds of the second."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    # That it knows a logger or more workers would be of use.
    warnings.filterwarnings("ignore", module="lightning")
    model = Module(module(name, weights, dropout=0.2))
    dataset = TensorDataset(*tensors(x, y))
    loader = DataLoader(dataset, batch_size=BATCH_SIZE, shuffle=True)

    def epoch() -> float:
        clock = Clock()
        trainer = lightning.Trainer(
            max_epochs=2,
            accelerator="cpu",
            gradient_clip_val=1.0,
            callbacks=[clock],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(model, loader)
        return clock.seconds

    return epoch


class Module(lightning.LightningModule):
    def __init__(self, model: torch.nn.Module):
        super().__init__()
        self.model = model

    def training_step(self, batch: Sequence[torch.Tensor]) -> torch.Tensor:
        inputs, target = batch
        logits = self.model(inputs)
        loss = functional.cross_entropy(logits, target)
        accuracy = (logits.argmax(1) == target).float().mean()
        self.log("loss", loss, on_epoch=True, on_step=False)
        self.log("accuracy", accuracy, on_epoch=True, on_step=False)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return adamw(self.model)


class Clock(lightning.Callback):
    """Holds the seconds of the last epoch."""

    def on_train_epoch_start(self, *_: object) -> None:
        self.start = time.perf_counter()

    def on_train_epoch_end(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self.start
