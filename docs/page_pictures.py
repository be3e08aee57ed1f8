"""Draw docs/pictures/page.jpg: twenty states of the server's page, photographed in Chromium.

    python docs/page_pictures.py [FOLDER]

FOLDER gets every state at its full size. Only the two photographs of the repository are shown.
"""

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).parent
PHOTOS = HERE.parent / "examples" / "photos"
ASTRONAUT, CAT = PHOTOS / "astronaut.jpg", PHOTOS / "cat.png"
SHEET = HERE / "pictures" / "page.jpg"
COLUMNS, CELL, GAP, LABEL = 4, (460, 320), 10, 22
FLAGS = ["--no-sandbox", "--disable-gpu"]
PATIENCE = 120_000  # milliseconds
DESK = (1200, 820)

State = Callable[[Page], None]


def opened(page: Page, *photos: Path) -> None:
    page.locator("#file").set_input_files(list(photos))
    expect(page.locator("#download")).to_be_enabled(timeout=PATIENCE)
    settled(page)


def settled(page: Page) -> None:
    """Nothing is being computed any more, and colours are clean."""
    expect(page.locator("#busy")).to_be_hidden(timeout=PATIENCE)
    page.wait_for_timeout(1500)


def choose(page: Page, name: str, role: str = "radio") -> None:
    page.get_by_role(role, name=name, exact=True).click()


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a share of the photo, which is shown whole, lies in the window."""
    box = page.locator("#canvas").bounding_box()
    size = page.evaluate("import('./state.js').then(({ state }) => state.photo.size)")
    assert box is not None
    scale = 0.96 * min(box["width"] / size["width"], box["height"] / size["height"])
    return (
        box["x"] + box["width"] / 2 + (x - 0.5) * size["width"] * scale,
        box["y"] + box["height"] / 2 + (y - 0.5) * size["height"] * scale,
    )


def drag(page: Page, *places: tuple[float, float], release: bool = True) -> None:
    page.mouse.move(*spot(page, *places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*spot(page, *place), steps=8)
    if release:
        page.mouse.up()


def unfold(page: Page, *names: str) -> None:
    """Open these parts of the panel, and close the others."""
    page.evaluate(
        """names => document.querySelectorAll("details").forEach((part) => {
            part.open = names.includes(part.querySelector("h2").textContent);
        })""",
        list(names),
    )
    page.locator("#panel").evaluate("panel => panel.scrollTo(0, panel.scrollHeight)")


def clicked(page: Page) -> None:
    opened(page, CAT)
    page.mouse.click(*spot(page, 0.55, 0.6))
    settled(page)
    choose(page, "Remove")
    page.mouse.click(*spot(page, 0.93, 0.4))
    settled(page)


def box(page: Page) -> None:
    opened(page, CAT)
    drag(page, (0.15, 0.05), (0.8, 0.97), release=False)


def stroke(page: Page) -> None:
    opened(page, ASTRONAUT)
    choose(page, "Brush")
    choose(page, "Remove")
    drag(page, (0.04, 0.8), (0.05, 0.98), release=False)


def edge(page: Page) -> None:
    opened(page, ASTRONAUT)
    choose(page, "Edge")
    page.locator("#size").fill("60")
    drag(page, (0.34, 0.2), (0.4, 0.07), (0.5, 0.05), (0.57, 0.15), release=False)


def unsure(page: Page) -> None:
    opened(page, ASTRONAUT)
    page.locator("#next").click()


def compared(page: Page) -> None:
    opened(page, ASTRONAUT)
    page.locator("#compare").focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")


def viewed(view: str, photo: Path = ASTRONAUT) -> State:
    def act(page: Page) -> None:
        opened(page, photo)
        choose(page, view)

    return act


def backed(kind: str, photo: Path = ASTRONAUT) -> State:
    def act(page: Page) -> None:
        opened(page, photo)
        if kind == "Photo":
            with page.expect_file_chooser() as chooser:
                page.locator("[data-backdrop=photo]").click()
            chooser.value.set_files(CAT)
        else:
            page.locator(f"[data-backdrop={kind.lower()}]").click()

    return act


def framed(page: Page) -> None:
    opened(page, CAT)
    page.locator("[data-backdrop=colour]").click()
    unfold(page, "Finish", "Frame")
    page.locator("#feather").fill("2")
    page.locator("#drop_islands").check()
    page.locator("#crop").check()
    page.locator("#square").check()
    page.locator("#margin").fill("6")
    settled(page)


def filed(page: Page) -> None:
    opened(page, ASTRONAUT)
    unfold(page, "File", "How it is computed")
    page.get_by_label("JPEG").check()


def remembered(page: Page) -> None:
    clicked(page)
    choose(page, "Brush")
    drag(page, (0.8, 0.85), (0.8, 0.98))
    settled(page)
    choose(page, "Undo", "button")
    unfold(page, "History")


def several(page: Page) -> None:
    opened(page, ASTRONAUT, CAT, ASTRONAUT)
    expect(page.locator("#strip-list li")).to_have_count(3)
    expect(page.locator("#strip-list").get_by_text("cut out", exact=True)).to_have_count(
        3, timeout=PATIENCE
    )
    settled(page)
    page.locator("#strip-list button").nth(1).click()
    page.wait_for_timeout(1500)


def asked(page: Page) -> None:
    several(page)
    page.mouse.click(*spot(page, 0.5, 0.6))
    settled(page)
    choose(page, "Remove this photo", "button")


def busy(page: Page) -> None:
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "large.jpg")
        with Image.open(ASTRONAUT) as photo:
            photo.resize((2400, 2400), Image.Resampling.LANCZOS).save(large)
        page.locator("#file").set_input_files(large)
        words = page.locator("#busy-words")
        expect(words).to_contain_text(re.compile(r" [1-9]\d? %"), timeout=PATIENCE)


def nothing(page: Page) -> None:
    page.wait_for_timeout(300)


def found(page: Page) -> None:
    opened(page, ASTRONAUT)


STATES: list[tuple[str, State, tuple[int, int], str]] = [
    ("the beginning", nothing, DESK, "light"),
    ("found by itself, 2560 wide", found, (2560, 1440), "light"),
    ("dark", found, DESK, "dark"),
    ("compared by dragging", compared, DESK, "light"),
    ("the mask", viewed("Mask"), DESK, "dark"),
    ("the trimap", viewed("Trimap"), DESK, "light"),
    ("clicks on and beside it", clicked, DESK, "light"),
    ("a box", box, DESK, "light"),
    ("a stroke that removes", stroke, DESK, "light"),
    ("the edge found anew", edge, DESK, "dark"),
    ("the next unsure place", unsure, DESK, "light"),
    ("on a colour", backed("Colour"), DESK, "light"),
    ("on a photo", backed("Photo"), DESK, "dark"),
    ("on its own background, blurred", backed("Blur", CAT), DESK, "light"),
    ("finished, cut to the subject, square", framed, DESK, "light"),
    ("file and model", filed, DESK, "light"),
    ("history", remembered, DESK, "light"),
    ("several photos", several, DESK, "dark"),
    ("progress, 390 wide", busy, (390, 800), "light"),
    ("a question, 320 wide", asked, (320, 700), "light"),
]


@contextmanager
def served() -> Iterator[str]:
    """The address of a server that runs meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mattekit", "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            try:
                if httpx.get(f"{url}/healthz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(60)


def photographed(
    browser: Browser, url: str, act: State, size: tuple[int, int], scheme: str
) -> bytes:
    """One state of the page as a PNG."""
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    expect(page.locator("#model option")).not_to_have_count(0)
    act(page)
    page.wait_for_timeout(400)
    png = page.screenshot()
    page.close()
    return png


def sheet(pictures: list[tuple[str, Path]]) -> Image.Image:
    """All pictures side by side, with what they show."""
    width, height = CELL[0] + GAP, CELL[1] + LABEL + GAP
    rows = -(-len(pictures) // COLUMNS)
    result = Image.new("RGB", (COLUMNS * width + GAP, rows * height + GAP), "#9a9ca0")
    draw, font = ImageDraw.Draw(result), ImageFont.load_default(15)
    for number, (name, path) in enumerate(pictures):
        left, top = GAP + number % COLUMNS * width, GAP + number // COLUMNS * height
        with Image.open(path) as picture:
            small = picture.convert("RGB")
        small.thumbnail(CELL, Image.Resampling.LANCZOS)
        result.paste(small, (left + (CELL[0] - small.width) // 2, top + LABEL))
        draw.text((left, top), f"{number + 1}  {name}", "black", font)
    return result


def main() -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    with (
        tempfile.TemporaryDirectory() as temporary,
        served() as url,
        sync_playwright() as playwright,
    ):
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        pictures = []
        for number, (name, act, size, scheme) in enumerate(STATES, 1):
            path = folder / f"{number:02}.png"
            path.write_bytes(photographed(browser, url, act, size, scheme))
            pictures.append((name, path))
        browser.close()
        sheet(pictures).save(SHEET, quality=68, optimize=True)
    print(SHEET, SHEET.stat().st_size // 1000, "kB")


if __name__ == "__main__":
    main()
