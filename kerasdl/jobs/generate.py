"""Write text with a language model."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from kerasdl import tasks
from kerasdl.backend import settings
from kerasdl.data.corrupted import uniform
from kerasdl.data.text_preprocessing import TextPreprocessing
from kerasdl.diagnostics.sampling import next_tokens
from kerasdl.errors import ConfigError, DataError
from kerasdl.jobs import encodings
from kerasdl.jobs.beam_search import beam_search
from kerasdl.jobs.evaluate import load_model
from kerasdl.models.cached import Cached, can_be_cached
from kerasdl.rundir import RunDir

DRAWN = 256
"""Draws that are made at a time."""


def generate(
    run: RunDir,
    prompt: str,
    tokens: int = 200,
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    seed: int = 0,
    beams: int = 1,
) -> Iterator[str]:
    """Yield what a language model writes after a prompt, piece by piece.

    The same seed writes the same text on every backend, up to rounding. The model sees
    as much of the text as its windows hold.

    Args:
        run: The run of the model.
        prompt: The text before; empty begins with any.
        tokens: How many tokens to write.
        temperature: What logits are divided by, from 0; 0 takes the likeliest token.
        top_k: Only so many of the likeliest tokens are drawn; 0 draws any.
        top_p: Only the likeliest tokens are drawn whose shares together reach it.
        seed: Seed of the draws.
        beams: Texts that a beam search keeps, which draws nothing; 1 draws.

    Raises:
        BackendError: If a script changed the Keras settings that runs need.
        ConfigError: If the run has no language model.
        DataError: If the prompt has characters that the model does not know.
        ModelFileError: If the run has no model that can be read.
        UnsafeError: If its model names classes or functions that could run code.
    """
    settings.check()
    config = run.read_config()
    if not tasks.find(config.data.task).writes_text:
        what = f"{run.path} has a model for {config.data.task}, which writes no text"
        raise ConfigError(what, "train one on a text: --preset gpt-tiny")
    encoding = encodings.read(run, config)
    model, _ = load_model(run, encoding)
    preprocessing: Any = encoding.preprocessing
    ids = _known_ids(preprocessing, prompt)
    told = preprocessing.spelled(ids)
    if beams > 1:
        if (temperature, top_k, top_p) != (1.0, 0, 1.0):
            what = "a beam search takes the likeliest text, and draws nothing"
            raise ConfigError(what, "leave --temperature, --top-k and --top-p out")
        found = beam_search(model, ids, tokens, beams)
        yield preprocessing.spelled(np.concatenate([ids, found]))[len(told) :]
        return
    for number in _numbers(model, ids, tokens, seed, temperature, top_k, top_p):
        ids = np.append(ids, number)
        # A character may be of several tokens, of which the first ones alone are none.
        spelled = preprocessing.spelled(ids)
        if (piece := spelled[len(told) :]) and not piece.endswith("\ufffd"):
            told = spelled
            yield piece


def _known_ids(preprocessing: TextPreprocessing, prompt: str) -> np.ndarray:
    """Return the ids of a prompt; one of an empty prompt is that of a line break."""
    ids = preprocessing.document(prompt or "\n", "the prompt").ids
    if preprocessing.subwords is None and prompt and not ids.all():
        unknown = prompt[int(ids.argmin())]
        what = f"the prompt has {unknown!r}, which the text of the run has not"
        raise DataError(what, "leave it out")
    return ids.astype("int32")


def _numbers(
    model: keras.Model,
    ids: np.ndarray,
    count: int,
    seed: int,
    temperature: float,
    top_k: int,
    top_p: float,
) -> Iterator[int]:
    """Yield token ids, each from the logits of the window before it."""
    logits_of = _Reader(model, ids)
    for place in range(count):
        if place % DRAWN == 0:
            row = np.array([place // DRAWN])
            draws = uniform(seed, "generate", row, (DRAWN,))[0]
        draw = draws[place % DRAWN : place % DRAWN + 1]
        logits = logits_of.next()
        [number] = next_tokens(logits, draw, temperature, top_k, top_p)
        logits_of.write(int(number))
        yield int(number)


class _Reader:
    """Logits after a text that grows.

    While it fits into the window of the model, each token is read once, if the model can
    be cached. Later, the window moves, and with it the position of each token, so that
    all are read again.

    Args:
        model: The model.
        ids: The first tokens.
    """

    def __init__(self, model: keras.Model, ids: np.ndarray):
        self.model, self.time = model, model.input_shape[1]
        self.written = [int(each) for each in ids[-self.time :]]
        self.cached = Cached(model) if can_be_cached(model) else None

    def next(self) -> np.ndarray:
        """Return the logits of the next token, of shape `(1, vocabulary)`."""
        if self.cached is None:
            window = np.zeros((1, self.time), "int32")
            window[0, : len(self.written)] = self.written
            return self.model.predict_on_batch(window)[:, len(self.written) - 1]
        *before, last = self.written[self.cached.place :]
        for each in before:
            self.cached.read(np.array([each]))
        return self.cached.read(np.array([last]))

    def write(self, number: int) -> None:
        """Append a token."""
        self.written.append(number)
        if len(self.written) > self.time:
            self.written, self.cached = self.written[-self.time :], None
