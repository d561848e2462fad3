"""Text data: `.txt` files and the text sets that ship with Python."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from kerasdl.config.rules import Range
from kerasdl.data.folder import holds_only
from kerasdl.data.images.form import SUFFIXES
from kerasdl.data.kinds.kind import Kind
from kerasdl.data.kinds.split_rows import split_rows
from kerasdl.data.labelled_texts import load_folder, load_jsonl
from kerasdl.data.parts import Parts
from kerasdl.data.plain_text import load_txt
from kerasdl.data.preprocessing import Part
from kerasdl.data.python_docstrings import load_python_docstrings
from kerasdl.data.python_source import load_python_source
from kerasdl.data.split import hold_out_documents
from kerasdl.data.text_preprocessing import TextPreprocessing
from kerasdl.data.texts import Texts
from kerasdl.data.tokens import most_frequent
from kerasdl.errors import ConfigError, DataError

LOADERS: dict[str, Callable[[], Texts]] = {
    "python-source": load_python_source,
    "python-docstrings": load_python_docstrings,
}


@dataclass(frozen=True)
class TextKind(Kind):
    """Text from UTF-8 files or from a set that ships with Python.

    A `.txt` file is one document. A line of a `.jsonl` file is a text with its class, and
    so is a `.txt` file in a folder for each class.
    """

    kind: Literal["text"] = "text"
    """Kind of the examples; inferred from `name` by default."""
    tokens: Literal["characters", "words"] = "characters"
    """Unit of tokenization; language modelling uses characters."""
    max_length: Annotated[int, Range(2, 65_536)] = 128
    """Tokens per input. Classification truncates or pads texts to it; language
    modelling splits the text into windows of it."""
    vocabulary_size: Annotated[int, Range(4, 10_000_000)] = 10_000
    """Maximum number of token ids; the rarest training tokens become unknown."""
    text: str = "text"
    """Key of the text in a line of a `.jsonl` file."""
    target: str = "label"
    """Key of its class."""
    stride: Literal["auto"] | Annotated[int, Range(1, 65_536)] = "auto"
    """Tokens between the starts of two training windows in language modelling; `auto`
    is `max_length`, so windows do not overlap."""

    SETS: ClassVar = {
        "python-source": ("language-modelling",),
        "python-docstrings": ("classification",),
    }
    SUFFIXES: ClassVar = {
        ".txt": ("language-modelling",),
        ".jsonl": ("classification", "language-modelling"),
    }
    FOLDER: ClassVar = "a folder of texts"
    PRESETS: ClassVar = ("bert-tiny", "gpt-tiny")
    ORIGINS: ClassVar = ("given", "next")
    INPUTS: ClassVar = "tokens"

    @classmethod
    def claims(cls, name: str) -> bool:
        """Return whether the name is that of text, or of a folder of `.txt` files."""
        if not name or super().claims(name):  # an empty path is this folder
            return bool(name)
        return holds_only(Path(name), (".txt",), SUFFIXES)

    @property
    def file(self) -> Path | None:
        """Path of the user's file or folder, or None for a built-in set."""
        path = Path(self.name)
        is_folder = bool(self.name) and (path.is_absolute() or path.is_dir())
        return super().file or (path if is_folder else None)

    def check_source(self) -> None:
        """Check that the folder or the file exists."""
        if self.file is None or super().file:
            super().check_source()
        elif not self.file.is_dir():
            what = f"no folder at {self.file}"
            raise DataError(what, "give the path of a folder of texts")

    def read(self) -> Texts:
        """Return the texts of a set, a file or a folder."""
        if load := LOADERS.get(self.name):
            return load()
        return self._read(self.origin == "given")

    def read_inputs(self) -> Texts:
        """Return the texts, which need no classes."""
        return self.read() if self.name in LOADERS else self._read(False)

    def _read(self, has_classes: bool) -> Texts:
        path = Path(self.name)
        if path.is_dir():
            return load_folder(path, has_classes)
        if path.suffix.lower() == ".jsonl":
            target = self.target if has_classes else None
            return load_jsonl(path, self.text, target)
        return load_txt(path)

    def default_presets(self, preview: Any) -> list[tuple[str, str]]:
        """Return the preset for a document, or for texts with classes."""
        if self.name.lower().endswith(".txt"):
            return [("gpt-tiny", "the default for a document")]
        return [("bert-tiny", "the default for texts with classes")]

    def check(self, raw: Texts) -> None:
        """Raise `DataError` if the task needs a label per text and some are missing."""
        if self.origin == "given" and len(raw.labels) != len(raw.texts):
            what = (
                f"{raw.source} has {len(raw.texts)} texts and {len(raw.labels)} labels"
            )
            raise DataError(what, "give each text its class")

    def parts(self, raw: Texts, stratify: bool, seed: int) -> Parts:
        """Hold out texts, stratified by class, or contiguous parts of one document."""
        if self.origin == "next":
            return self._cut(raw, seed)
        labels = np.array(raw.labels) if stratify else None
        return split_rows(self, raw, np.arange(len(raw.texts)), labels, None, seed)

    def fit(self, train: Part) -> TextPreprocessing:
        """Return preprocessing with the most frequent tokens of the training texts."""
        texts = [train.raw.texts[row] for row in train.rows]
        modelled = self.origin == "next"
        stride = self.max_length if self.stride == "auto" else self.stride
        empty = TextPreprocessing(self.tokens, self.max_length, (), modelled, stride)
        count = self.vocabulary_size - empty.vocabulary_size
        vocabulary = most_frequent(texts, self.tokens, count)
        return TextPreprocessing(
            self.tokens, self.max_length, vocabulary, modelled, stride
        )

    def new(self, raw: Texts) -> Part:
        """Return all texts; language modelling joins them into one document."""
        if self.origin == "next":
            raw = Texts(raw.source, ("".join(raw.texts),))
            check_length(raw, self.max_length)
        return Part(raw, np.arange(len(raw.texts)))

    @classmethod
    def preprocessing_from_json(cls, values: dict[str, Any]) -> TextPreprocessing:
        """Return the preprocessing that `TextPreprocessing.to_json` describes."""
        return TextPreprocessing.from_json(values)

    def faults(self) -> list[ConfigError]:
        """Return errors for keys that have no meaning in the task."""
        if faults := super().faults():
            return faults
        key, default = (
            ("tokens", "characters") if self.origin == "next" else ("stride", "auto")
        )
        found = []
        if (value := getattr(self, key)) != default:
            what = f"data.{key} (={value!r}) has no meaning in {self.task}"
            found.append(ConfigError(what, "remove it, or change data.task"))
        keyed = self.name.lower().endswith(".jsonl") or not self.name
        has = {"text": keyed, "target": keyed and self.origin == "given"}
        for key, default in (("text", "text"), ("target", "label")):
            if not has[key] and (value := getattr(self, key)) != default:
                what = f"data.{key} (={value!r}) has no meaning for {self.name}"
                what = f"{what} in {self.task}" if keyed else what
                hint = "remove it, or give a .jsonl file with classes"
                found.append(ConfigError(what, hint))
        return found

    def _cut(self, raw: Texts, seed: int) -> Parts:
        """Return the training, validation and test text, each as one document."""
        if len(raw.texts) == 1:
            [text] = raw.texts
            test_start = len(text) - round(self.test_fraction * len(text))
            train_end = test_start - round(self.validation_fraction * test_start)
            pieces = text[:train_end], text[train_end:test_start], text[test_start:]
            how = "in the order of the text"
        else:
            sizes = np.array([len(text) for text in raw.texts])
            rows = np.arange(len(sizes))
            rows, test = hold_out_documents(
                rows, sizes, self.test_fraction, seed, "test"
            )
            train, validation = hold_out_documents(
                rows, sizes, self.validation_fraction, seed, "validation"
            )
            texts = np.array(raw.texts, object)
            pieces = ("".join(texts[part]) for part in (train, validation, test))
            how = f"whole texts at random from seed {seed}"
        names = ("training", "validation", "test")
        parts = [
            Part(Texts(f"the {name} part of {raw.source}", (text,)), np.arange(1))
            for name, text in zip(names, pieces, strict=True)
        ]
        for name, part in zip(names, parts, strict=True):
            if name != "validation" or self.validation_fraction > 0:
                check_length(part.raw, self.max_length)
        train, validation, test = parts
        return Parts(train, validation, test, how)


def check_length(raw: Texts, length: int) -> None:
    """Raise `DataError` if a document is shorter than a window."""
    [text] = raw.texts
    if len(text) <= length:
        what = f"{raw.source} has {len(text)} characters"
        what = f"{what}, a window of {length} needs at least {length + 1}"
        raise DataError(what, "give more text, or lower data.max_length")
