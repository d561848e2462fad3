"""Published weights, with what their publishers wrote about them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras

from kerasdl import untrusted, weight_files
from kerasdl.errors import CONTROL, ModelFileError, UnsafeError
from kerasdl.model_file.loading import load
from kerasdl.models.published.counterparts import shape_of
from kerasdl.models.published.library import NUMBERED, Library
from kerasdl.weight_files import StoredTensor
from kerasdl.weight_files.opened import WHOLE

TOKENIZER = "tokenizer.json"


@dataclass(frozen=True)
class Published:
    """Published weights and their description.

    Args:
        name: Where they are, for messages.
        tensors: The tensors by name, to be read while their files are open.
        config: Content of `config.json`; empty if there is none.
        processor: Content of `preprocessor_config.json`, about images.
        pooling: Content of `1_Pooling/config.json`, about sentences.
        modules: Content of `modules.json`, the steps of a sentence encoder.
        longest: Content of `sentence_bert_config.json`.
        tokenizer: Path of the `tokenizer.json`; None if there is none.
    """

    name: str
    tensors: Mapping[str, StoredTensor]
    config: Mapping[str, Any]
    processor: Mapping[str, Any]
    pooling: Mapping[str, Any]
    modules: Sequence[Any]
    longest: Mapping[str, Any]
    tokenizer: Path | None

    def shape(self, path: str, libraries: Sequence[Library]) -> tuple[int, ...] | None:
        """Return the shape in Keras's layout of what a variable would be; None if absent.

        Args:
            path: Path of the variable in our model.
            libraries: Those that may have named it.
        """
        found = (shape_of(path, self.tensors, each) for each in (*libraries, NUMBERED))
        return next((shape for shape in found if shape is not None), None)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in their order; empty if none are written.

        Two classes of one name, as ImageNet has, get their numbers as well.

        Raises:
            ModelFileError: If there are gaps or odd characters.
        """
        labels = self.config.get("id2label")
        if not isinstance(labels, Mapping) or not labels:
            return ()
        try:
            ordered = [str(labels[str(number)]) for number in range(len(labels))]
        except KeyError:
            raise _damaged(self.name, "id2label of config.json has gaps") from None
        counts = Counter(ordered)
        names = tuple(
            f"{name} ({number})" if counts[name] > 1 else name
            for number, name in enumerate(ordered)
        )
        if len({*names}) < len(names) or any(map(_is_odd, names)):
            what = "id2label of config.json has names twice, or odd characters"
            raise _damaged(self.name, what)
        return names


@contextmanager
def published(source: Path) -> Iterator[Published]:
    """Open a file or a folder of published weights.

    Args:
        source: As for `weight_files.opened`. Other files are read from
            the folder, also if its file of weights is given.

    Raises:
        ModelFileError, UnsafeError: As `weight_files.opened`, or of another file.
    """
    has_name = source.name in WHOLE or source.name.endswith(".index.json")
    folder = source if source.is_dir() else source.parent if has_name else None

    def read(name: str, kind: type) -> Any:
        if folder is None or not (folder / name).is_file():
            return kind()
        try:
            content = untrusted.read_json(folder / name)
        except (OSError, ValueError) as fault:
            raise _damaged(str(folder / name), str(fault)) from fault
        if not isinstance(content, kind):
            raise _damaged(str(folder / name), f"it is no {kind.__name__}")
        return content

    tokenizer = folder / TOKENIZER if folder else None
    with opened(source) as tensors:
        yield Published(
            str(source),
            tensors,
            read("config.json", dict),
            read("preprocessor_config.json", dict),
            read("1_Pooling/config.json", dict),
            read("modules.json", list),
            read("sentence_bert_config.json", dict),
            tokenizer if tokenizer and tokenizer.is_file() else None,
        )


@contextmanager
def opened(source: Path) -> Iterator[Mapping[str, StoredTensor]]:
    """Open weights as `weight_files.opened` does, or those of a `.keras` file.

    Raises:
        ModelFileError, UnsafeError: As `weight_files.opened`, or as `load`.
    """
    if source.suffix.lower() == ".keras" and source.is_file():
        try:
            model, _ = load(source)
        except (ModelFileError, UnsafeError) as fault:
            raise type(fault)(fault.what, "get it again, or give another") from fault
        yield tensors_of(model)
        return
    with weight_files.opened(source) as tensors:
        yield tensors


def tensors_of(model: keras.Model) -> dict[str, StoredTensor]:
    """Return the weights of a model by the paths that they had when it was built.

    Keras builds the parts of a wrapper, such as `Bidirectional`, without it when it reads
    a file, so that their paths lack its name.
    """
    found: dict[str, StoredTensor] = {}
    for layer in model.layers:
        for each in layer.weights:
            begin = "" if each.path.startswith(f"{layer.name}/") else f"{layer.name}/"
            read = partial(keras.ops.convert_to_numpy, each)
            found[begin + each.path] = StoredTensor(tuple(each.shape), read)
    return found


def _is_odd(name: str) -> bool:
    """Return whether a name cannot be shown or written."""
    is_broken = any("\ud800" <= each <= "\udfff" for each in name)
    return is_broken or bool(CONTROL.search(name)) or not name.strip()


def _damaged(name: str, why: str) -> ModelFileError:
    return ModelFileError(f"{name} cannot be read: {why[:200]}", "get it again")
