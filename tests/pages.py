"""The README and the pages of docs/, cut into what is prose and what runs."""

import re
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return language and content of each fenced block."""
    return FENCE.findall(page.read_text())


def sentences(page: Path) -> list[str]:
    """Return the sentences of paragraphs and list items, without code and tables."""
    prose = FENCE.sub("", page.read_text())
    prose = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", prose)
    prose = re.sub(r"^[#|].*$", "", prose, flags=re.MULTILINE)
    paragraphs = re.split(r"\n\s*\n|^\s*(?:[-*]|\d+\.) ", prose, flags=re.MULTILINE)
    parts = (re.split(r"(?<=[.!?])\s+(?=[^a-z])", part) for part in paragraphs)
    stripped = (" ".join(part.split()) for part in chain.from_iterable(parts))
    return [sentence for sentence in stripped if sentence]


def words(sentence: str) -> int:
    """Return the number of words; a piece of code is one."""
    return len(re.findall(r"\w[\w'’.,%-]*", re.sub(r"`[^`]*`", "code", sentence)))
