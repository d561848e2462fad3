"""The pages in docs/ show code that is tested elsewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
TOYKIT = ROOT / "tests" / "toykit"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_is_tested(page: Path):
    text = page.read_text()
    shown = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    tested = {path.read_text() for path in TOYKIT.rglob("*.py")}
    assert shown
    assert set(shown) <= tested
    lines = (TOYKIT / "toykit-1.0.dist-info" / "entry_points.txt").read_text()
    for name, value in re.findall(r'^(\w+) = "(toykit\.\S+)"$', text, re.MULTILINE):
        assert f"{name} = {value}" in lines
    assert page.name in (ROOT / "README.md").read_text()
