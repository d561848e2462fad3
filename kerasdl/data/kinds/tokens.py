"""Token ids of a long text, in a file that is mapped."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from kerasdl.config.rules import Named, Range
from kerasdl.data.kinds.own_test import OwnTestKind, sources
from kerasdl.data.kinds.without_meaning import without_meaning
from kerasdl.data.npy_files import read_npy
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part, Preprocessing
from kerasdl.data.subwords.encoder import PROBES, encoder
from kerasdl.data.subwords.installed import check_installed
from kerasdl.data.subwords.reading import read_tokenizer
from kerasdl.data.token_ids import TokenIds
from kerasdl.data.token_preprocessing import TokenPreprocessing
from kerasdl.errors import ConfigError, DataError
from kerasdl.finding import Finding

OWN_TEST = "with the test set of the data"
HINT = "save ids of shape (tokens,) that data.tokenizer made"


@dataclass(frozen=True)
class TokensKind(OwnTestKind):
    """Token ids of a text that was tokenized before, in an `.npy` file."""

    kind: Literal["tokens"] = "tokens"
    """Kind of the examples; inferred from `name` and the other keys by default."""
    task: Annotated[str, Named("tasks")] = "language-modelling"
    """Prediction target: the next token."""
    tokenizer: str = ""
    """Path of the `tokenizer.json` that made the ids."""
    max_length: Annotated[int, Range(2, 65_536)] = 128
    """Tokens per input: the ids are cut into windows of it."""
    stride: Literal["auto"] | Annotated[int, Range(1, 65_536)] = "auto"
    """Tokens between the starts of two training windows; `auto` is `max_length`, so
    windows do not overlap."""

    SUFFIXES: ClassVar = {".npy": ("language-modelling",)}
    ORIGINS: ClassVar = ("next",)
    PRESETS: ClassVar = ("gpt-tiny",)
    INPUTS: ClassVar = "tokens"

    def check_source(self) -> None:
        """Check that the files exist, and that tokenizers is installed."""
        super().check_source()
        check_installed()

    def with_absolute_paths(self) -> Self:
        """Return the config with the absolute paths of all files."""
        path = str(Path(self.tokenizer).resolve()) if self.tokenizer else ""
        return replace(super().with_absolute_paths(), tokenizer=path)

    def read(self) -> TokenIds:
        """Return the ids, and those of the test text if it has a file of its own."""
        return self.with_test(TokenIds(self.name, read_npy(Path(self.name))))

    def check(self, raw: TokenIds) -> None:
        """Raise `DataError` unless the ids are whole numbers from 0."""
        for each in sources(raw):
            ids = each.ids
            if ids.ndim != 1 or ids.dtype.kind not in "ui" or not len(ids):
                what = f"{each.source} holds {ids.dtype} of shape {ids.shape}"
                raise DataError(f"{what}, no token ids", HINT)
            if (least := each.least_and_greatest()[0]) < 0:
                raise DataError(f"{each.source} holds the token id {least}", HINT)

    def check_new(
        self, raw: TokenIds, preprocessing: Preprocessing, inputs_only: bool = False
    ) -> None:
        """Raise `DataError` unless the ids are whole numbers from 0."""
        self.check(raw)

    def parts(self, raw: TokenIds, stratify: bool, seed: int) -> Parts:
        """Hold out the last tokens, and those before them for validation."""
        begin = len(raw.ids)
        if raw.test is None:
            begin -= round(self.test_fraction * begin)
        end = begin - round(self.validation_fraction * begin)
        test = raw.ids[begin:] if raw.test is None else raw.test.ids
        train, validation = (
            Part(TokenIds(f"the {name} part of {raw.source}", ids), np.arange(1))
            for name, ids in (
                ("training", raw.ids[:end]),
                ("validation", raw.ids[end:begin]),
            )
        )
        how = "in the order of the text"
        if raw.test is not None:
            return Parts(train, validation, self.new(raw), f"{how}, {OWN_TEST}")
        test = TokenIds(f"the test part of {raw.source}", raw.ids[begin:])
        return Parts(train, validation, Part(test, np.arange(1)), how)

    def findings(self, raw: TokenIds, parts: Parts) -> list[Finding]:
        """Return whether the test ids are the training ids."""
        if raw.test is None or not np.array_equal(raw.ids, raw.test.ids):
            return []
        what = f"{raw.test.source} holds the ids of {raw.source}"
        return [Finding("duplicate-texts", what, "give another test", "test")]

    def fit(self, train: Part) -> TokenPreprocessing:
        """Return the window settings, with the tokenizer.

        Raises:
            DataError: If the tokenizer is missing or damaged, or does not keep each
                character.
            UnsafeError: If it has parts that no published one has.
        """
        return self._fit(read_tokenizer(Path(self.tokenizer)))

    def refit(self, train: Part, former: dict[str, Any]) -> TokenPreprocessing:
        """Return the window settings, with the tokenizer of the resumed run."""
        return self._fit(TokenPreprocessing.from_json(former).tokenizer)

    def _fit(self, tokenizer: str) -> TokenPreprocessing:
        encoder(tokenizer).document(PROBES[1], "a text")  # or an error
        stride = self.max_length if self.stride == "auto" else self.stride
        return TokenPreprocessing(
            "subwords", self.max_length, (), True, stride, tokenizer
        )

    def new(self, raw: TokenIds) -> Part:
        """Return the test text if it has a file of its own, else all."""
        return Part(raw if raw.test is None else raw.test, np.arange(1))

    @classmethod
    def preprocessing_from_json(cls, values: dict[str, Any]) -> TokenPreprocessing:
        """Return the preprocessing that `TokenPreprocessing.to_json` describes."""
        return TokenPreprocessing.from_json(values)

    def faults(self) -> list[ConfigError]:
        """Return errors, also of a missing tokenizer."""
        faults = super().faults()
        where = "token ids, which are split in their order"
        faults += without_meaning(self, ("split_seed",), where)
        if not self.tokenizer:
            what = "data.tokenizer is empty, and the data are token ids"
            faults.append(ConfigError(what, "name the tokenizer.json that made them"))
        return faults
