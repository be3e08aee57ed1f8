"""The page in a real browser: the example, strokes, undo, comparing, downloads, keys, names."""

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import httpx
import numpy as np
import PIL.Image
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN
from mattekit.imaging.files import open_picture, read_alpha, read_trimap

pytestmark = pytest.mark.browser

PAGE = files("mattekit.server") / "page"
SIZE = 512  # of the example
HELMET, WALL = (400, 430), (320, 60)  # x, y in the example: subject and background
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000  # milliseconds


@pytest.fixture(scope="module")
def url(serve: Callable[..., object]) -> str:
    return str(serve("--workers", "1").url)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """The page as it opens; at the end it must have left no error in the console."""
    errors: list[str] = []
    page = browser.new_page(viewport={"width": 1100, "height": 800})
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.goto(url)
    yield page
    page.close()
    assert not errors


def open_example(page: Page) -> None:
    page.get_by_role("button", name="Try the example").click()
    expect(page.get_by_role("button", name="Download cut-out")).to_be_enabled(timeout=PATIENCE)


def on_screen(page: Page, place: tuple[int, int]) -> tuple[float, float]:
    """Where a pixel of the example lies in the window, while all of it is shown."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    scale = 0.96 * min(box["width"], box["height"]) / SIZE
    return (
        box["x"] + box["width"] / 2 + (place[0] - SIZE / 2) * scale,
        box["y"] + box["height"] / 2 + (place[1] - SIZE / 2) * scale,
    )


def colour_at(page: Page, place: tuple[int, int]) -> list[int]:
    """The colour on the screen at a pixel of the example."""
    page.mouse.move(5, 5)
    seen = PIL.Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    x, y = on_screen(page, place)
    return list(seen.getpixel((round(x), round(y))))


def wait_for_colour(page: Page, place: tuple[int, int], colour: list[int]) -> None:
    end = time.monotonic() + PATIENCE / 1000
    while colour_at(page, place) != colour:
        assert time.monotonic() < end, f"{place} stayed {colour_at(page, place)}"
        page.wait_for_timeout(100)


def stroke(page: Page, tool: str, place: tuple[int, int]) -> None:
    page.get_by_role("radio", name=tool).click()
    x, y = on_screen(page, place)
    page.mouse.move(x - 20, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=5)
    page.mouse.up()


def download(page: Page, button: str) -> bytes:
    with page.expect_download() as started:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(started.value.path()).read_bytes()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control with this text has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"Tab does not reach {name}")


def test_the_example_is_one_click_and_downloads_what_the_api_gives(page: Page, url: str) -> None:
    open_example(page)
    got = open_picture(download(page, "Download cut-out"))
    parts = {
        "photo": (PAGE / "example.jpg").read_bytes(),
        "trimap": (PAGE / "example-trimap.png").read_bytes(),
    }
    expected = httpx.post(f"{url}/v1/cutout", files=parts, timeout=PATIENCE).content
    np.testing.assert_array_equal(got.alpha, open_picture(expected).alpha)
    np.testing.assert_array_equal(got.colours, open_picture(expected).colours)
    np.testing.assert_array_equal(
        read_trimap(download(page, "Trimap")), read_trimap(parts["trimap"])
    )


def test_a_stroke_changes_the_matte_and_undo_and_redo_take_it_back_and_forth(page: Page) -> None:
    open_example(page)
    page.get_by_role("radio", name="Alpha").click()
    wait_for_colour(page, HELMET, [255, 255, 255])
    stroke(page, "Background", HELMET)
    wait_for_colour(page, HELMET, [0, 0, 0])
    alpha = read_alpha(download(page, "Alpha"))
    assert alpha[HELMET[1], HELMET[0]] == 0
    assert alpha[HELMET[1] + 60, HELMET[0]] == 1
    page.get_by_role("button", name="Undo").click()
    wait_for_colour(page, HELMET, [255, 255, 255])
    page.get_by_role("button", name="Redo").click()
    wait_for_colour(page, HELMET, [0, 0, 0])


def test_the_slider_compares_the_cut_out_with_the_photo(page: Page) -> None:
    open_example(page)
    without = colour_at(page, WALL)
    assert without in ([255, 255, 255], [204, 204, 204])  # the checkerboard
    page.get_by_label("Compare").fill("100")
    page.wait_for_timeout(100)
    photo = PIL.Image.open(str(PAGE / "example.jpg")).convert("RGB")
    assert np.abs(np.subtract(colour_at(page, WALL), photo.getpixel(WALL))).max() < 12


def test_a_box_around_the_subject_is_enough(page: Page) -> None:
    small, photo = io.BytesIO(), PIL.Image.open(str(PAGE / "example.jpg"))
    photo.resize((128, 128)).save(small, "PNG")
    page.locator("#file").set_input_files(
        {"name": "small.png", "mimeType": "image/png", "buffer": small.getvalue()}
    )
    expect(page.locator("#panel")).to_be_visible()
    left, top = on_screen(page, (15, 8))
    right, bottom = on_screen(page, (505, 505))
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(right, bottom, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Download cut-out")).to_be_enabled(timeout=PATIENCE)
    labels = read_trimap(download(page, "Trimap"))
    assert labels[75, 37] == FOREGROUND
    assert labels[WALL[1] // 4, WALL[0] // 4] == BACKGROUND


def test_everything_can_be_done_by_keys(page: Page) -> None:
    tab_to(page, "Try the example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Download cut-out")).to_be_enabled(timeout=PATIENCE)
    expect(page.locator("#canvas")).to_be_focused()
    before = read_trimap(download(page, "Trimap"))
    page.locator("#canvas").focus()
    for key in ("u", "]", "ArrowDown", "ArrowDown", "Space"):
        page.keyboard.press(key)
    painted = read_trimap(download(page, "Trimap"))
    assert (painted != before).any()
    assert (painted[painted != before] == UNKNOWN).all()
    page.locator("#canvas").focus()
    page.keyboard.press("Control+z")
    tab_to(page, "Trimap")
    with page.expect_download() as started:
        page.keyboard.press("Enter")
    np.testing.assert_array_equal(read_trimap(Path(started.value.path())), before)


def yellow(page: Page) -> int:
    """How many pixels of the window have the colour of the outline."""
    page.mouse.move(5, 5)
    seen = np.array(PIL.Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)
    return int((np.abs(seen - [250, 204, 21]).max(axis=2) < 12).sum())


def test_the_next_unsure_place_is_outlined_and_one_key_or_button_goes_there(page: Page) -> None:
    open_example(page)
    status, zoom = page.locator("#status"), page.locator("#zoom")
    assert yellow(page) > 50
    fitted = zoom.text_content()
    page.locator("#canvas").focus()
    page.keyboard.press("n")
    expect(status).to_contain_text("Place 1 of")
    assert zoom.text_content() != fitted
    assert yellow(page) > 50
    page.get_by_role("button", name="Next unsure place").click()
    expect(status).to_contain_text("Place 2 of")
    before = read_trimap(download(page, "Trimap"))
    page.locator("#canvas").focus()
    for key in ("s", "n", "Space"):  # the brush goes with it
        page.keyboard.press(key)
    expect(status).to_contain_text("Place 3 of")
    painted = read_trimap(download(page, "Trimap"))
    assert (painted[painted != before] == FOREGROUND).all()
    assert (before[painted != before] == UNKNOWN).any()


PLACES = """async () => {
    const { doubtfulPlaces } = await import("./doubt.js");
    const doubt = new Uint8Array(80 * 64);
    const fill = (left, top, right, bottom, value) => {
        for (let y = top; y < bottom; y++) doubt.fill(value, y * 80 + left, y * 80 + right);
    };
    fill(8, 16, 24, 24, 51);
    fill(48, 32, 56, 40, 51);
    fill(56, 40, 64, 48, 204);
    fill(0, 60, 80, 61, 100);
    return doubtfulPlaces(doubt, { width: 80, height: 64 });
}"""


def test_places_are_broad_doubt_joined_and_the_worst_first(page: Page) -> None:
    corner, flat = page.evaluate(PLACES)  # in cells of 8 pixels; a thin line is no place
    assert corner == {"left": 48, "top": 32, "right": 64, "bottom": 48, "x": 60, "y": 44}
    assert (flat["left"], flat["top"], flat["right"], flat["bottom"]) == (8, 16, 24, 24)


NOTE_SIZES = """() => {
    window.sizes = [];
    const decode = window.createImageBitmap;
    window.createImageBitmap = async (blob) => {
        const picture = await decode(blob);
        sizes.push([picture.width, picture.height]);
        return picture;
    };
}"""


def test_only_the_window_around_a_stroke_is_computed_again(page: Page) -> None:
    open_example(page)
    page.evaluate(NOTE_SIZES)
    stroke(page, "Background", HELMET)
    page.wait_for_function("sizes.length > 0")
    width, height = page.evaluate("sizes[0]")
    assert 128 < height < SIZE / 2
    assert height < width < SIZE / 2


def test_more_than_a_stroke_comes_as_a_preview_and_then_at_full_size(page: Page) -> None:
    photo, trimap = enlarged(PAGE / "example.jpg"), enlarged(PAGE / "example-trimap.png")
    page.locator("#file").set_input_files(photo)
    expect(page.locator("#panel")).to_be_visible()
    page.locator("#hint-file").set_input_files(trimap)
    model = page.locator("#model")
    expect(model).to_contain_text("A preview is shown", timeout=PATIENCE)
    expect(model).to_contain_text("Full size is shown", timeout=PATIENCE)
    stroke(page, "Background", HELMET)
    page.get_by_role("radio", name="Alpha").click()
    wait_for_colour(page, HELMET, [0, 0, 0])
    expect(model).to_contain_text("Full size is shown")


def enlarged(path: Path) -> FilePayload:
    """A file of the page at 600 pixels, of which more is computed than at once."""
    file = io.BytesIO()
    PIL.Image.open(str(path)).resize((600, 600), PIL.Image.Resampling.NEAREST).save(file, "PNG")
    return {"name": "large.png", "mimeType": "image/png", "buffer": file.getvalue()}


Started = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def paint() -> Iterator[Started]:
    """Start `mattekit cutout --paint`: the process, and the address of its page."""
    running: list[subprocess.Popen[str]] = []

    def start(*words: object) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "mattekit", "cutout", *map(str, words), "--paint"]
        process = subprocess.Popen(
            command, env={**os.environ, "BROWSER": "true"}, text=True, stderr=subprocess.PIPE
        )
        running.append(process)
        assert process.stderr is not None
        address = re.search(r"http://\S+", process.stderr.readline())
        assert address
        return process, address[0]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_painting_for_a_command_ends_with_done_and_its_files(
    browser: Browser, paint: Started, tmp_path: Path
) -> None:
    words = [PAGE / "example.jpg", "--trimap", PAGE / "example-trimap.png", "-o", tmp_path]
    process, address = paint(*words, "--save", "rgba,trimap")
    page = browser.new_page(viewport={"width": 1100, "height": 800})
    page.goto(address)
    done = page.get_by_role("button", name="Done")
    expect(done).to_be_enabled(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Open photo")).to_be_hidden()
    expect(page.get_by_role("button", name="Download cut-out")).to_be_hidden()
    stroke(page, "Background", HELMET)
    done.click()
    expect(page.locator("#farewell")).to_contain_text("mattekit writes the files now")
    assert process.wait(PATIENCE / 1000) == 0
    page.close()
    before = read_trimap(PAGE / "example-trimap.png")
    painted = read_trimap(tmp_path / "example-trimap.png")
    assert before[HELMET[1], HELMET[0]] == FOREGROUND
    assert painted[HELMET[1], HELMET[0]] == BACKGROUND
    assert (painted[:300] == before[:300]).all()
    assert read_alpha(tmp_path / "example.png")[HELMET[1], HELMET[0]] == 0


@pytest.mark.parametrize("way", ["cancel", "close"])
def test_cancel_and_closing_the_page_end_the_command(
    browser: Browser, paint: Started, tmp_path: Path, way: str
) -> None:
    process, address = paint(PAGE / "example.jpg", "-o", tmp_path / "out")
    page = browser.new_page()
    page.goto(address)
    expect(page.locator("#status")).to_contain_text("Drag a box", timeout=PATIENCE)
    page.reload()
    expect(page.locator("#status")).to_contain_text("Drag a box", timeout=PATIENCE)
    if way == "cancel":
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#farewell")).to_contain_text("Nothing is written")
    page.close()
    _, said = process.communicate(timeout=PATIENCE / 1000)
    assert process.returncode == 1
    assert "nothing was written" in said
    assert not (tmp_path / "out").exists()


ROLES = (
    "button",
    "radio",
    "slider",
    "checkbox",
    "ColorWell",
    "radiogroup",
    "region",
    "application",
)


def test_every_control_has_a_name(page: Page) -> None:
    open_example(page)
    page.get_by_role("radio", name="On new").click()
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    controls = [
        node["name"].get("value")
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in ROLES
    ]
    assert len(controls) > 25
    assert all(controls), controls


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1024, 1920])
def test_nothing_is_cut_off_and_all_words_can_be_read(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    open_example(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut_off = """() => [...document.querySelectorAll("button, label, legend, p")]
        .filter((node) => node.offsetParent && !node.matches(".spoken"))
        .filter((node) => node.scrollWidth > node.clientWidth + 1
                       || node.getBoundingClientRect().right > innerWidth)
        .map((node) => node.textContent)"""
    assert page.evaluate(cut_off) == []
    words = ("body", "#status", "button", ".primary", ".fine", "legend")
    ratios = {selector: contrast(page, selector) for selector in words}
    page.locator("#status").evaluate("(status) => status.classList.add('error')")
    ratios["error"] = contrast(page, "#status")
    assert min(ratios.values()) >= 4.5, ratios


COLOURS = """(selector) => {
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const behind = (node) => {
        const colour = numbers(getComputedStyle(node).backgroundColor);
        return colour[3] === 0 ? behind(node.parentElement) : colour;
    };
    const node = document.querySelector(selector);
    return [numbers(getComputedStyle(node).color), behind(node)];
}"""


def contrast(page: Page, selector: str) -> float:
    """Contrast of a text with what is behind it, as WCAG counts."""
    colours = page.evaluate(COLOURS, selector)
    lights = sorted(luminance(np.array(colour[:3]) / 255) for colour in colours)
    return float((lights[1] + 0.05) / (lights[0] + 0.05))


def luminance(colour: np.ndarray) -> float:
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
