"""Score simple models on the test split of a run."""

from dataclasses import asdict
from typing import Any

from kerasdl.config import Config
from kerasdl.data import Dataset, TextPreprocessing
from kerasdl.diagnostics.baseline import (
    baselines,
    reconstruction_baselines,
    text_baselines,
)
from kerasdl.diagnostics.compression import compression_baselines
from kerasdl.diagnostics.ngram import ORDER, bits_per_token


def baseline(config: Config, dataset: Dataset) -> dict[str, Any]:
    """Return the scores of the simple models that suit the task, by their names."""
    train, test, preprocessing = dataset.train, dataset.test, dataset.preprocessing
    if preprocessing.task == "reconstruction":
        units = asdict(config.model)["latent_units"]
        return reconstruction_baselines(train.x, test.x, units)
    if isinstance(preprocessing, TextPreprocessing):
        if preprocessing.task == "classification":
            return text_baselines(train.texts, train.y, test.texts, test.y)
        return _language_baselines(train.texts[0], test.texts[0], preprocessing)
    y, y_test = map(preprocessing.original_targets, (train.y, test.y))
    return baselines(preprocessing.task, train.x, y, test.x, y_test)


def _language_baselines(
    text: str, test_text: str, preprocessing: TextPreprocessing
) -> dict[str, Any]:
    ids, test_ids = map(preprocessing.ids, (text, test_text))
    bits = bits_per_token(ids, test_ids, preprocessing.vocabulary_size)
    bits += preprocessing.bits_of_unknown(test_ids)
    counted = {f"character {ORDER}-gram": {"bits_per_character": bits}}
    return compression_baselines(test_text) | counted
