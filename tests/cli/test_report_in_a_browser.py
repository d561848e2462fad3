"""The report in a real browser: no errors, no requests, accessible, as the run ended.

`CHROMIUM` is the path of a headless Chromium, and `AXE` that of axe-core's script.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    "CHROMIUM" not in os.environ or "AXE" not in os.environ,
    reason="needs a browser: set CHROMIUM and AXE",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"],
            args=["--no-sandbox", "--headless=shell", "--disable-gpu"],
        )
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens(browser: Any, straight: str, scheme: str, width: int):
    page = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    ).new_page()
    told, asked = [], []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda fault: told.append(str(fault)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((Path(straight).resolve() / "report.html").as_uri())
    assert told == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    wider = "document.documentElement.scrollWidth - window.innerWidth"
    assert page.evaluate(wider) <= 0
    page.evaluate(Path(os.environ["AXE"]).read_text())
    violations = page.evaluate("axe.run()")["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []
    result = json.loads(Path(straight, "result.json").read_text())
    text = page.inner_text("main")
    for score in result["test"].values():
        assert f"{score:.4g}" in text
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    for picture in ("svg.diagram", ".pictures .pair img + img"):
        box = page.locator(picture).first.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    page.context.close()
