"""Text data: documents, and texts with what to predict of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from kerasdl.config.rules import InsteadOf, Range
from kerasdl.data.corrupted import Corrupted
from kerasdl.data.corrupted_texts import corrupted_texts
from kerasdl.data.duplicates import duplicates, keys_of_texts
from kerasdl.data.examples import Examples
from kerasdl.data.folder import holds_only
from kerasdl.data.images.form import SUFFIXES
from kerasdl.data.kinds.document_parts import document_parts, joined_document
from kerasdl.data.kinds.folder_parts import folder_findings, folder_parts, own_test
from kerasdl.data.kinds.keyed_text import JSONL, KeyedTextKind
from kerasdl.data.kinds.text_faults import text_faults
from kerasdl.data.masked_texts import MaskedTexts
from kerasdl.data.pair_preprocessing import PairPreprocessing
from kerasdl.data.parts import Parts
from kerasdl.data.plain_text import by_line, load_txt
from kerasdl.data.preprocessing import Part
from kerasdl.data.source import is_folder
from kerasdl.data.subwords.encoder import MASKS
from kerasdl.data.subwords.installed import check_installed
from kerasdl.data.subwords.reading import read_tokenizer
from kerasdl.data.table import files
from kerasdl.data.text_fitting import LEAST, fit
from kerasdl.data.text_folder import load_folder
from kerasdl.data.text_preprocessing import TextPreprocessing, too_short
from kerasdl.data.text_sets import LOADERS, TASKS
from kerasdl.data.text_table import unread_columns
from kerasdl.data.texts import Texts
from kerasdl.errors import ConfigError, DataError
from kerasdl.finding import Finding

LABELLED = ("classification", "multi-label", "regression")
PAIRED = "sequence-to-sequence"
WHOLE = ("language-modelling", "masked-language-modelling")


@dataclass(frozen=True)
class TextKind(KeyedTextKind):
    """Text from UTF-8 files, from a table or from a set that ships with Python.

    A `.txt` file is one document. A row of a table or a line of a `.jsonl` file is a text
    with what to predict, and a `.txt` file in a folder for each class has that class.
    """

    kind: Literal["text"] = "text"
    """Kind of the examples; inferred from `name` and the other keys by default."""
    tokens: Literal["characters", "words", "bpe", "wordpiece"] = "characters"
    """Unit of tokenization: characters, words, or parts of words that the training texts
    decide. `bpe` is byte-level, as in GPT-2, and `wordpiece` lower-cased, as in BERT.
    Models that write text use `characters` or `bpe`."""
    tokenizer: Annotated[str, InsteadOf("tokens")] = ""
    """Path of the `tokenizer.json` of another model, or of a run; `vocabulary_size` is
    then its own."""
    max_length: Annotated[int, Range(2, 65_536)] = 128
    """Most tokens per input. Texts with targets are cut after it, and padded to the
    longest training text; language modelling splits the text into windows of it."""
    vocabulary_size: Annotated[int, Range(4, 10_000_000)] = 10_000
    """Maximum number of token ids; the rarest training tokens become unknown."""
    stride: Literal["auto"] | Annotated[int, Range(1, 65_536)] = "auto"
    """Tokens between the starts of two training windows in language modelling; `auto`
    is `max_length`, so windows do not overlap."""

    SETS: ClassVar = TASKS
    SUFFIXES: ClassVar = {
        ".txt": WHOLE,
        **dict.fromkeys((JSONL, *files.SUFFIXES), (*LABELLED, PAIRED, *WHOLE)),
    }
    FOLDER: ClassVar = "a folder of texts"
    PRESETS: ClassVar = (
        "bert-tiny",
        "gpt-tiny",
        "bert-mlm-tiny",
        "transformer-seq2seq",
    )
    ORIGINS: ClassVar = ("given", "next", "masked", "pairs")
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
        if self.name in self.SETS:
            return None
        path = Path(self.name)
        may_be = bool(self.name) and (path.is_absolute() or is_folder(path))
        return super().file or (path if may_be else None)

    def check_source(self) -> None:
        """Check that the folder or the file exists, and what reads it is installed."""
        if self.file is None or super().file:
            super().check_source()
        elif not is_folder(self.file):
            what = f"no folder at {self.file}"
            raise DataError(what, "give the path of a folder of texts")
        else:
            self.check_test_source()
        if self.file:
            files.check_reader(self.file)
        if self.tokenizer or self.tokens in LEAST:
            check_installed()

    def with_absolute_paths(self) -> Self:
        """Return the config with the absolute paths of the file and the tokenizer."""
        path = str(Path(self.tokenizer).resolve()) if self.tokenizer else ""
        return replace(super().with_absolute_paths(), tokenizer=path)

    def read(self) -> Texts:
        """Return the texts of a set, a file or a folder."""
        load = LOADERS.get(self.name)
        return self.with_test(load() if load else self._read(self.needs_targets))

    def read_inputs(self) -> Texts:
        """Return the texts, which need no targets."""
        load = LOADERS.get(self.name)
        return load() if load else self._read(False)

    def _read(self, has_targets: bool) -> Texts:
        path = Path(self.name)
        if is_folder(path):
            return load_folder(path, has_targets)
        if self.is_table:
            return self.from_table(self.read_table(), not has_targets)
        if self.is_keyed:
            return self.from_lines(has_targets, self.form)
        document = load_txt(path)
        return by_line(document) if self.origin == "masked" else document

    def default_presets(self, preview: Any) -> list[tuple[str, str]]:
        """Return the preset for a document, for hidden tokens, or for targets."""
        if self.origin == "masked":
            return [("bert-mlm-tiny", "the default for hidden tokens")]
        if self.origin == "pairs":
            return [("transformer-seq2seq", "the default for pairs of texts")]
        if self.name.lower().endswith(".txt") or self.origin == "next":
            return [("gpt-tiny", "the default for a document")]
        return [("bert-tiny", "the default for texts with classes")]

    def check(self, raw: Texts) -> None:
        """Raise `DataError` if the task needs a label per text and some are missing."""
        if self.needs_targets and len(raw.labels) != len(raw.texts):
            what = (
                f"{raw.source} has {len(raw.texts)} texts and {len(raw.labels)} labels"
            )
            raise DataError(what, "give each text its class")

    def findings(self, raw: Texts, parts: Parts) -> list[Finding]:
        """Return how texts are split, what is not read, and copies across parts."""
        found = [*self.table_findings(raw, parts), *folder_findings(raw, parts)]
        if raw.table is not None and self.is_table:
            read = self.text, *self.target_names, *self.columns_of_roles
            found += unread_columns(raw.table, read)
        if (
            self.origin == "next"
            and parts.test.raw.texts[0] in parts.train.raw.texts[0]
        ):
            what = f"{parts.test.raw.source} is in the training text"
            found.append(Finding("duplicate-texts", what, "give another test", "test"))
        if self.needs_targets:
            keys = lambda texts: keys_of_texts(texts.texts)
            found += duplicates(parts, "text", keys, Texts.place)
        return found

    def describe(self, part: Part) -> dict[str, np.ndarray]:
        """Return the path of each text in a folder, or all columns of a table."""
        if not part.raw.files:
            return super().describe(part)
        return {"file": np.array(part.raw.files, object)[part.rows]}

    def corrupted(
        self, part: Part, preprocessing: TextPreprocessing, seed: int
    ) -> Iterator[Corrupted]:
        """Yield texts that lack characters or words; documents have no such form."""
        if self.origin != "given":
            return
        texts, rows = [part.raw.texts[n] for n in part.rows], np.arange(len(part.rows))
        for name, severity, changed in corrupted_texts(texts, part.rows, seed):
            raw = replace(part.raw, texts=changed)
            yield Corrupted(name, severity, Part(raw, rows))

    def parts(self, raw: Texts, stratify: bool, seed: int) -> Parts:
        """Hold out texts as folders or a column say, or parts of one document."""
        if self.origin != "next":
            labels = raw.targets if stratify else None
            test = None if raw.test is None else self.new(raw)
            if raw.part:
                return folder_parts(self, raw, labels, test, seed)
            return self.split_table(raw, labels, test, seed)
        parts = document_parts(self, raw, seed)
        for part in (parts.train, parts.validation, parts.test):
            if part is not parts.validation or self.validation_fraction > 0:
                self._check_length(part.raw)
        return parts

    def fit(self, train: Part) -> TextPreprocessing:
        """Return preprocessing with a vocabulary of the training texts, or a given one.

        Raises:
            DataError: If the given tokenizer is missing or damaged.
            UnsafeError: If it has parts that no published one has.
        """
        given = read_tokenizer(Path(self.tokenizer)) if self.tokenizer else ""
        return self._fit(train, given)

    def encoding_keys(self, run: Path, fitted: dict[str, Any]) -> dict[str, Any]:
        """Return the tokens: the tokenizer of the run, if they are subwords."""
        if self.tokenizer or self.tokens in LEAST:
            return {"data.tokenizer": str(run)}
        return {"data.tokens": self.tokens}

    def without_data(self) -> TextPreprocessing:
        """Return preprocessing with the given tokenizer.

        Raises:
            ConfigError: If none is given.
            DataError: If it is missing or damaged.
            UnsafeError: If it has parts that no published one has.
        """
        if not self.tokenizer:
            what = (
                "data.tokenizer is empty, and no tokenizer.json is beside the weights"
            )
            raise ConfigError(what, "set it to the tokenizer.json of the weights")
        return self._empty(read_tokenizer(Path(self.tokenizer)))

    def refit(self, train: Part, former: dict[str, Any]) -> TextPreprocessing:
        """Return preprocessing with the subwords and the length of the resumed run.

        So it needs no other file, and runs that were not trimmed stay as they are.
        """
        known = self.preprocessing_from_json(former)
        fitted = self._fit(train, known.tokenizer)
        return replace(fitted, max_length=known.max_length)

    def _fit(self, train: Part, given: str) -> TextPreprocessing:
        texts = [train.raw.texts[row] for row in train.rows]
        if self.origin == "pairs":
            texts += [str(train.raw.labels[row]) for row in train.rows]
        extra = MASKS[:1] if self.origin == "masked" else ()
        empty = self._empty(given)
        return fit(empty, texts, self.tokens, self.vocabulary_size, extra)

    def training_examples(self, examples: Examples, seed: int) -> Examples:
        """Return the training texts, of which each epoch hides other tokens."""
        if not isinstance(examples, MaskedTexts):
            return examples
        return replace(examples, changes=True, seed=seed)

    def _empty(self, given: str) -> TextPreprocessing:
        """Return preprocessing without a vocabulary, or with a given tokenizer."""
        stride = self.max_length if self.stride == "auto" else self.stride
        windows, tokens = self.origin == "next", "subwords" if given else self.tokens
        form = PairPreprocessing if self.origin == "pairs" else TextPreprocessing
        return form(tokens, self.max_length, (), windows, stride, given)

    def new(self, raw: Texts) -> Part:
        """Return all texts; language modelling joins them into one document."""
        if self.origin != "next":
            return own_test(raw) or super().new(raw)
        document = joined_document(raw if raw.test is None else raw.test)
        self._check_length(document)
        return Part(document, np.arange(1))

    def _check_length(self, raw: Texts) -> None:
        """Raise `DataError` if a document of characters is shorter than a window."""
        is_counted = self.tokens == "characters" and not self.tokenizer
        if is_counted and (count := len(raw.texts[0])) <= self.max_length:
            raise too_short(raw.source, count, self.max_length, "characters")

    @classmethod
    def preprocessing_from_json(cls, values: dict[str, Any]) -> TextPreprocessing:
        """Return the preprocessing that `TextPreprocessing.to_json` describes."""
        form = PairPreprocessing if "pairs" in values else TextPreprocessing
        return form.from_json(values)

    def faults(self) -> list[ConfigError]:
        """Return errors for keys that have no meaning in the task."""
        if faults := super().faults():
            return faults
        return [*text_faults(self)]
