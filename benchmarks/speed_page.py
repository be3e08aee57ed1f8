"""How long does somebody wait on the page: for a new photo, a click, a stroke, the file?

    python benchmarks/speed_page.py [--quick] [--json FILE]

The example photo, enlarged to 2 and 12 megapixels, is opened in Chromium beside the server. `shown`
is when something changed on the screen, `answered` when the server's first answer was there, `full`
when all was at full size. `--quick` leaves the large photo out.
"""

import io
import shutil
import sys
import time
from pathlib import Path

from harness import Options, Report, Table
from PIL import Image
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
from page_pictures import ASTRONAUT, FLAGS, PATIENCE, served, spot

SIDES = {"2 MP": 1414, "12 MP": 3464}
WATCH = """async () => {
    const { state } = await import("./state.js");
    const start = performance.now(), steps = state.photo?.matte.history.at ?? 0;
    const marks = (window.marks = {});
    const look = () => {
        const matte = state.photo?.matte;
        if (matte && matte.history.at > steps) {
            marks.shown ??= performance.now() - start;
            if (matte.history.last.answer) marks.answered ??= performance.now() - start;
            if (matte.full) marks.full ??= performance.now() - start;
        }
        if (!marks.full) requestAnimationFrame(look);
    };
    look();
}"""


def enlarged(side: int) -> bytes:
    """The example as a JPEG of that size."""
    file = io.BytesIO()
    with Image.open(ASTRONAUT) as photo:
        photo.resize((side, side), Image.Resampling.LANCZOS).save(file, "JPEG", quality=92)
    return file.getvalue()


def waited(table: Table, page: Page, name: str) -> None:
    """The row of what was waited for since `WATCH`."""
    end = time.monotonic() + PATIENCE / 1000
    while not (marks := page.evaluate("marks")).get("full"):
        assert time.monotonic() < end, f"{name} did not end"
        page.wait_for_timeout(50)
    table.row(name, *(marks[mark] / 1000 for mark in ("shown", "answered", "full")))
    page.wait_for_timeout(3000)  # colours


def measure(table: Table, page: Page, name: str, side: int) -> None:
    """The rows of one photo."""
    page.evaluate(WATCH)
    photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": enlarged(side)}
    page.locator("#file").set_input_files(photo)
    waited(table, page, f"{name}: opened, found by itself")
    page.evaluate(WATCH)
    page.mouse.click(*spot(page, 0.45, 0.7))
    waited(table, page, f"{name}: a click")
    page.locator("[data-tool=brush]").click()
    page.locator("[data-mode=remove]").click()
    page.evaluate(WATCH)
    page.mouse.move(*spot(page, 0.8, 0.7))
    page.mouse.down()
    page.mouse.move(*spot(page, 0.95, 0.7), steps=10)
    page.mouse.up()
    waited(table, page, f"{name}: a stroke")
    start = time.monotonic()
    with page.expect_download():
        page.locator("#download").click()
    table.row(f"{name}: the file", None, None, time.monotonic() - start)


def main() -> None:
    options = Options(__doc__, quick="the photo of 2 megapixels only").parse_args()
    sides = dict(list(SIDES.items())[:1]) if options.quick else SIDES
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    with Report(options.json) as report, served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        table = report.table("seconds until it is | shown:.2f | answered:.2f | full:.2f")
        for name, side in sides.items():
            page = browser.new_page(viewport={"width": 1200, "height": 820})
            page.set_default_timeout(PATIENCE)
            page.goto(url)
            measure(table, page, name, side)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
