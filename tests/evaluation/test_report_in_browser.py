"""The report in a real browser: it sorts, filters and enlarges, in light and dark."""

import os
import shutil
from pathlib import Path

import pytest

from mattekit.evaluation.evaluate import measure_pairing
from mattekit.evaluation.measure import MeasureOptions
from mattekit.evaluation.pictures import show_picture
from mattekit.evaluation.report import Report, to_html
from mattekit.metrics import PROTOCOLS

OFFICIAL = PROTOCOLS["official"]

pytestmark = pytest.mark.browser


@pytest.fixture
def page(folder, tmp_path: Path):
    from playwright.sync_api import sync_playwright

    pairing = folder.pairing("predicted", "true", "trimap", "photo")
    evaluation = measure_pairing("predictions", pairing, MeasureOptions(protocol=OFFICIAL))
    worst = [show_picture(picture, OFFICIAL) for picture in pairing.pictures]
    report = tmp_path / "report.html"
    report.write_text(to_html(Report(evaluation=evaluation, worst=worst)))
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(color_scheme="dark", viewport={"width": 390, "height": 800})
        opened.said = []
        opened.on("console", lambda message: opened.said.append(message.text))
        opened.on("pageerror", lambda error: opened.said.append(str(error)))
        opened.goto(report.as_uri())
        yield opened
        browser.close()


def names(page) -> list[str]:
    rows = page.locator("#rows tbody tr:visible td:first-child")
    return rows.all_inner_texts()


def test_the_table_sorts_both_ways_and_filters(page) -> None:
    assert names(page) == ["c", "b", "a"]
    page.click("#rows th:nth-child(2) button")
    assert names(page) == ["a", "b", "c"]
    page.click("#rows th:nth-child(1) button")
    assert names(page) == ["c", "b", "a"]
    page.fill("#filter", "B")
    assert names(page) == ["b"]
    assert page.said == []


def test_a_click_enlarges_a_picture_and_nothing_sticks_out_on_a_phone(page) -> None:
    picture = page.locator("article img").first
    before = picture.bounding_box()["width"]
    picture.click()
    assert picture.bounding_box()["width"] > 1.5 * before
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_dark_mode_has_a_dark_ground(page) -> None:
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(16, 19, 23)"
