"""The page in a real browser: how tests open it, point at its photo and take what it gives."""

import io
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import PIL.Image
from playwright.sync_api import Download, FilePayload, Locator, Page, expect

EXAMPLE = files("mattekit.cutouts") / "example"
SIZE = 512  # of the example
SMALL = 192  # of a smaller copy, which is quick
HELMET, WALL = (0.78, 0.84), (0.62, 0.12)  # shares of the example: subject and background
PATIENCE = 60_000  # milliseconds
Place = tuple[float, float]
"""Shares of the photo's width and height."""


def small(size: int = SMALL, name: str = "small.png") -> FilePayload:
    """The example at another size."""
    file = io.BytesIO()
    PIL.Image.open(str(EXAMPLE / "example.jpg")).resize((size, size)).save(file, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def press(page: Page, *names: str) -> None:
    """Choose these tools, views and the like."""
    for name in names:
        page.get_by_role("radio", name=name, exact=True).click()


def look(page: Page, view: str) -> None:
    page.get_by_role("radiogroup", name="View").get_by_role("radio", name=view).click()


def unfold(page: Page, *parts: str) -> None:
    for part in parts:
        page.get_by_role("heading", name=part).click()


def open_photos(page: Page, *photos: FilePayload) -> None:
    """Choose files, and wait until the first one is cut out."""
    page.locator("#file").set_input_files(list(photos or [small()]))
    expect(page.locator("#download")).to_be_enabled(timeout=PATIENCE)
    expect(page.locator("#busy")).to_be_hidden(timeout=PATIENCE)


def on_screen(page: Page, place: Place) -> tuple[float, float]:
    """Where a place of the square photo lies in the window, while all of it is shown."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    side = 0.96 * min(box["width"], box["height"])
    return (
        box["x"] + box["width"] / 2 + (place[0] - 0.5) * side,
        box["y"] + box["height"] / 2 + (place[1] - 0.5) * side,
    )


def drag(page: Page, *places: Place) -> None:
    page.mouse.move(*on_screen(page, places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*on_screen(page, place), steps=5)
    page.mouse.up()


def stroke(page: Page, place: Place) -> None:
    """A short stroke with the chosen brush."""
    drag(page, (place[0] - 0.03, place[1]), (place[0] + 0.03, place[1]))


def colour_at(page: Page, place: Place) -> list[int]:
    """The colour on the screen at a place of the photo."""
    page.mouse.move(5, 5)
    seen = PIL.Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    x, y = on_screen(page, place)
    pixel = seen.getpixel((round(x), round(y)))
    assert isinstance(pixel, tuple)
    return list(pixel)


def until(page: Page, seen: Callable[[], object], wanted: object) -> None:
    """Wait until something is as it should be."""
    end = time.monotonic() + PATIENCE / 1000
    while (now := seen()) != wanted:
        assert time.monotonic() < end, f"it stayed {now}"
        page.wait_for_timeout(100)


def wait_for_colour(page: Page, place: Place, colour: list[int]) -> None:
    until(page, lambda: colour_at(page, place), colour)


def downloaded(page: Page, act: Callable[[], None] | None = None) -> tuple[str, bytes]:
    """The name and the bytes of what a button downloads; by default the large one."""
    with page.expect_download() as started:
        (act or page.locator("#download").click)()
    download: Download = started.value
    return download.suggested_filename, Path(download.path()).read_bytes()


def file_as(page: Page, what: str) -> bytes:
    """Download one kind of file."""
    if not page.locator("#copy").is_visible():
        unfold(page, "File")
    page.get_by_label(what, exact=True).check()
    return downloaded(page)[1]
