"""How the page looks and reads: sizes from phone to wall, light and dark, what is read aloud."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page
from server.pages import open_photos, press, small, unfold

pytestmark = pytest.mark.browser
PARTS = ("Finish", "Frame", "File", "History", "How it is computed")

CUT_OFF = """() => [...document.querySelectorAll("button, label, legend, p, summary")]
    .filter((node) => node.checkVisibility() && !node.closest(".spoken, #strip"))
    .filter((node) => node.scrollWidth > node.clientWidth + 1
                   || node.getBoundingClientRect().right > innerWidth)
    .map((node) => node.textContent)"""
TOO_SMALL = """() => [...document.querySelectorAll(
        "button, summary, select, label:has(input), #compare")]
    .map((node) => [node.textContent.trim() || node.id, node.getBoundingClientRect()])
    .filter(([, { width, height }]) => width && (height < 43.9 || width < 43.9))
    .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)"""
COLOURS = """([selector, property]) => {
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const behind = (node) => {
        const colour = numbers(getComputedStyle(node).backgroundColor);
        return colour[3] === 0 ? behind(node.parentElement) : colour;
    };
    const node = document.querySelector(selector);
    const own = property === "color" ? node : node.parentElement;
    return [numbers(getComputedStyle(node)[property]), behind(own)];
}"""
WORDS = ("body", "#status", "#undo", ".primary", ".fine", "legend", "[aria-checked=true]")
BORDERS = ("#open", "[data-tool=brush]", "#longest", "#strip li button", "[aria-checked=true]")


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1024, "light"), (2560, "dark")])
def test_all_fits_and_can_be_read_and_touched(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_photos(page, small(128), small(128, "other.png"))
    if width > 800:
        unfold(page, *PARTS)
    else:
        unfold(page, "Background", *PARTS)
    press(page, "Brush")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(TOO_SMALL) == []
    download = page.locator("#download").bounding_box()
    assert download is not None
    assert download["y"] + download["height"] < 100
    ratios = {selector: contrast(page, selector, "color") for selector in WORDS}
    page.locator("#status").evaluate("(status) => status.classList.add('error')")
    ratios["error"] = contrast(page, "#status", "color")
    assert min(ratios.values()) >= 4.5, ratios
    borders = {selector: contrast(page, selector, "borderTopColor") for selector in BORDERS}
    assert min(borders.values()) >= 3, borders


def contrast(page: Page, selector: str, part: str) -> float:
    """Contrast of a text or a border with what is behind it, as WCAG counts."""
    colours = page.evaluate(COLOURS, [selector, part])
    lights = sorted(luminance(np.array(colour[:3]) / 255) for colour in colours)
    return float((lights[1] + 0.05) / (lights[0] + 0.05))


def luminance(colour: np.ndarray) -> float:
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


CONTROLS = (
    "button",
    "radio",
    "slider",
    "checkbox",
    "combobox",
    "spinbutton",
    "DisclosureTriangle",
    "radiogroup",
    "application",
)


def in_order(nodes: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """Roles and names as they are read."""
    node = nodes[name]
    if not node["ignored"]:
        yield node["role"]["value"], node.get("name", {}).get("value", "")
    for child in node["childIds"]:
        yield from in_order(nodes, child)


def test_what_a_screen_reader_finds_has_roles_names_and_an_order(page: Page) -> None:
    open_photos(page, small(128), small(128, "other.png"))
    unfold(page, *PARTS)
    press(page, "Brush", "Blur")
    session = page.context.new_cdp_session(page)
    nodes = {node["nodeId"]: node for node in session.send("Accessibility.getFullAXTree")["nodes"]}
    read = list(in_order(nodes, next(iter(nodes))))
    controls = [(role, name) for role, name in read if role in CONTROLS]
    assert len(controls) > 45
    assert [role for role, name in controls if not name.strip()] == []
    places = [name for role, name in read if role in ("region", "complementary", "navigation")]
    assert places[:3] == ["Photo", "Photos", "Tools"]
    headings = [name for role, name in read if role == "heading"]
    assert headings == ["mattekit", "Subject", "Background", *PARTS]
    assert [name for role, name in controls if role == "radiogroup"] == [
        "View",
        "Tool",
        "Keep or remove",
        "Background",
    ]
    assert [role for role, _ in read].count("status") == 1  # what is said aloud unasked
