"""What somebody does on the page: find the subject, correct it, choose what is behind, take it."""

import io
import zipfile

import httpx
import numpy as np
import PIL.Image
import pillow_heif
import pytest
from playwright.sync_api import Page, Request, expect
from server.pages import (
    EXAMPLE,
    HELMET,
    PATIENCE,
    SMALL,
    WALL,
    button,
    colour_at,
    downloaded,
    drag,
    file_as,
    look,
    on_screen,
    open_photos,
    press,
    small,
    stroke,
    unfold,
    until,
    wait_for_colour,
)

from mattekit.core.types import FOREGROUND, UNKNOWN
from mattekit.imaging.files import encode_image, open_picture, read_alpha, read_trimap

pytestmark = pytest.mark.browser
CLICKS = ("point", "not_point")
WHITE, BLACK = [255, 255, 255], [0, 0, 0]


def asked_for(page: Page, route: str) -> list[Request]:
    """The requests to a route, from now on."""
    found: list[Request] = []
    page.on("request", lambda asked: asked.url.endswith(route) and found.append(asked))
    return found


def test_the_example_is_found_by_itself_and_nothing_is_computed_again_for_the_file(
    page: Page, url: str
) -> None:
    button(page, "Try the example").click()
    expect(page.locator("#busy")).to_be_hidden(timeout=PATIENCE)
    expect(page.locator("#download")).to_be_enabled(timeout=PATIENCE)
    expect(page.locator("#sure")).to_contain_text("subject 8")
    jobs = asked_for(page, "/v1/jobs")
    name, got = downloaded(page)
    alpha = file_as(page, "Mask")
    assert name == "example.png"
    assert [b'name="trimap"' in (job.post_data_buffer or b"") for job in jobs] == [False, False]
    np.testing.assert_array_equal(open_picture(got).alpha_window(), read_alpha(alpha))
    certain = read_trimap((EXAMPLE / "example-trimap.png").read_bytes()) == FOREGROUND
    assert read_alpha(alpha)[certain].mean() > 0.95
    parts = {"photo": (EXAMPLE / "example.jpg").read_bytes(), "alpha": alpha}
    expected = httpx.post(f"{url}/v1/foreground", files=parts, timeout=60).content
    np.testing.assert_array_equal(open_picture(got).colours, open_picture(expected).colours)


def test_clicks_say_what_belongs_to_the_subject(page: Page) -> None:
    open_photos(page)
    found = asked_for(page, "/v1/trimap")
    page.mouse.click(*on_screen(page, (0.42, 0.7)))
    expect(page.locator("#busy")).to_be_hidden(timeout=PATIENCE)
    press(page, "Remove")
    page.mouse.click(*on_screen(page, WALL))
    expect(page.locator("#busy")).to_be_hidden(timeout=PATIENCE)
    first, second = ((asked.post_data_buffer or b"").decode("latin-1") for asked in found)
    named = [[name for name in CLICKS if f'"{name}"' in one] for one in (first, second)]
    assert named == [["point"], ["point", "not_point"]]
    alpha = read_alpha(file_as(page, "Mask"))
    assert alpha[int(0.7 * SMALL), int(0.42 * SMALL)] == 1
    assert alpha[int(WALL[1] * SMALL), int(WALL[0] * SMALL)] == 0


def test_a_stroke_changes_what_it_touches_alone_and_every_step_can_be_gone_back_to(
    page: Page,
) -> None:
    open_photos(page)
    before = read_alpha(file_as(page, "Mask"))
    look(page, "Mask")
    press(page, "Brush", "Remove")
    wait_for_colour(page, HELMET, WHITE)
    stroke(page, HELMET)
    wait_for_colour(page, HELMET, BLACK)
    after = read_alpha(downloaded(page)[1])
    y, x = int(HELMET[1] * SMALL), int(HELMET[0] * SMALL)
    assert (before[y, x], after[y, x]) == (1, 0)
    np.testing.assert_array_equal(after[: SMALL // 2], before[: SMALL // 2])
    np.testing.assert_array_equal(after[:, : SMALL // 3], before[:, : SMALL // 3])
    button(page, "Undo").click()
    wait_for_colour(page, HELMET, WHITE)
    button(page, "Redo").click()
    wait_for_colour(page, HELMET, BLACK)
    unfold(page, "History")
    button(page, "Found by itself").click()
    wait_for_colour(page, HELMET, WHITE)
    np.testing.assert_array_equal(read_alpha(downloaded(page)[1]), before)


def test_a_brush_by_hand_is_soft_and_one_for_the_edge_decides_under_it_alone(page: Page) -> None:
    open_photos(page)
    before = read_alpha(file_as(page, "Mask"))
    press(page, "Brush")
    page.get_by_label("Find the edge").uncheck()
    page.get_by_label("Softness").fill("100")
    stroke(page, WALL)
    by_hand = read_alpha(downloaded(page)[1])
    changed = by_hand != before
    assert by_hand[int(WALL[1] * SMALL), int(WALL[0] * SMALL)] > 0.9
    assert len(np.unique(by_hand[changed])) > 10
    press(page, "Edge")
    page.get_by_label("Size").fill("60")
    drag(page, (0.3, 0.15), (0.3, 0.25))
    edge = read_alpha(downloaded(page)[1])
    rows, columns = np.nonzero(edge != by_hand)
    assert rows.size
    reach = 60 / (0.96 * 640) * SMALL  # pixels of the photo that the brush is wide, at the most
    assert abs(rows - 0.2 * SMALL).max() < 0.05 * SMALL + reach
    assert abs(columns - 0.3 * SMALL).max() < reach


def test_what_is_behind_the_frame_and_the_format_are_as_chosen(page: Page) -> None:
    open_photos(page)
    press(page, "Colour")
    page.locator("#colour").fill("#10c040")
    unfold(page, "Frame", "File")
    page.get_by_label("Cut to the subject").check()
    page.get_by_label("Square").check()
    page.get_by_label("Margin").fill("10")
    page.get_by_label("Longest side").fill("300")
    page.get_by_label("JPEG").check()
    name, file = downloaded(page)
    with PIL.Image.open(io.BytesIO(file)) as picture:
        assert (name, picture.format, picture.size) == (
            "small-on-background.jpg",
            "JPEG",
            (300, 300),
        )
        assert np.abs(np.subtract(picture.getpixel((5, 5)), (0x10, 0xC0, 0x40))).max() < 8
    press(page, "Blur")
    page.get_by_label("WebP").check()
    blurred = open_picture(downloaded(page)[1])
    assert blurred.colours[5, 5].tolist() != [0x10, 0xC0, 0x40]
    press(page, "None")
    page.get_by_label("TIFF").check()
    page.get_by_label("16 bits").check()
    deep = open_picture(downloaded(page)[1])
    assert deep.colours.dtype == np.uint16
    assert deep.alpha[5, 5] == 0


def test_a_matte_is_finished_as_it_will_be_in_the_file_and_every_change_can_be_undone(
    page: Page,
) -> None:
    open_photos(page)
    before = read_alpha(file_as(page, "Mask"))
    unfold(page, "Finish", "History")
    edge = page.get_by_label("Grow or shrink")
    edge.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#edge-words")).to_have_text("6 px")
    page.get_by_label("Feather").fill("2")
    page.get_by_label("Drop islands").check()
    steps = page.locator("#history button")
    words = ["The photo as it was", "Found by itself", "Edge grown by 6 px", "Feathered by 2 px"]
    expect(steps).to_have_text([*words, "Islands dropped"])
    after = read_alpha(downloaded(page)[1])
    assert after.mean() > before.mean() + 0.02
    assert np.abs(shown_alpha(page) - after).max() <= 1 / 255
    for _ in range(2):
        button(page, "Undo").click()
    expect(page.get_by_label("Feather")).to_have_value("0")
    expect(page.get_by_label("Drop islands")).not_to_be_checked()
    expect(edge).to_have_value("6")
    button(page, "Undo").click()
    expect(edge).to_have_value("0")
    np.testing.assert_array_equal(read_alpha(downloaded(page)[1]), before)
    page.get_by_label("Fill small holes").check()
    page.get_by_label("Keep its shadow").check()
    expect(steps.last).to_have_text("Shadow kept")
    page.get_by_label("Cut-out", exact=True).check()
    with_shadow = open_picture(downloaded(page)[1]).alpha_window()
    assert (with_shadow >= before - 1 / 255).all()
    assert with_shadow.sum() > before.sum()


ALPHA = """async () => {
    const { state } = await import("./state.js");
    return state.photo.matte.clean && [...state.photo.matte.alpha];
}"""


def shown_alpha(page: Page) -> np.ndarray:
    """The alpha that the page shows, once it is finished."""
    until(page, lambda: bool(page.evaluate(ALPHA)), True)
    return np.reshape(page.evaluate(ALPHA), (SMALL, SMALL)) / 255


@pytest.mark.parametrize("format", ["tiff", "heic"])
def test_a_photo_that_no_browser_shows_is_decoded_by_the_server(page: Page, format: str) -> None:
    photo = PIL.Image.open(io.BytesIO(small()["buffer"]))
    file = io.BytesIO()
    if format == "tiff":
        deep = np.asarray(photo, np.uint16) * 257
        file.write(encode_image(deep, format="tiff", bits=16))
    else:
        pillow_heif.from_pillow(photo).save(file, quality=-1)
    name, mime = f"cat.{format}", f"image/{format}"
    open_photos(page, {"name": name, "mimeType": mime, "buffer": file.getvalue()})
    look(page, "Photo")
    true = photo.getpixel((int(WALL[0] * SMALL), int(WALL[1] * SMALL)))
    assert np.abs(np.subtract(colour_at(page, WALL), true)).max() < 16
    look(page, "Mask")
    press(page, "Brush", "Remove")
    stroke(page, HELMET)
    wait_for_colour(page, HELMET, BLACK)
    unfold(page, "File")
    page.get_by_label("16 bits").check()
    name, got = downloaded(page)
    cut = open_picture(got)
    assert (name, cut.size) == ("cat.png", (SMALL, SMALL))
    if format == "tiff":
        np.testing.assert_array_equal(cut.colours[cut.alpha_window() == 1] % 257, 0)


def test_a_file_that_is_no_photo_is_refused_by_its_name(page: Page) -> None:
    page.locator("#file").set_input_files(
        {"name": "notes.tiff", "mimeType": "image/tiff", "buffer": b"no picture"}
    )
    expect(page.locator("#status")).to_contain_text("notes.tiff: ")
    expect(page.locator("#status")).to_contain_text("not a picture")
    expect(page.locator("#welcome")).to_be_visible()


def test_the_line_that_compares_is_dragged_over_the_picture(page: Page) -> None:
    open_photos(page)
    assert colour_at(page, WALL) in (WHITE, [204, 204, 204])  # the checkerboard
    line = page.get_by_role("slider", name="Compare")
    place = line.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.down()
    page.mouse.move(*on_screen(page, (0.8, 0.5)), steps=5)
    page.mouse.up()
    expect(line).to_have_attribute("aria-valuenow", "80")
    photo = PIL.Image.open(str(EXAMPLE / "example.jpg")).convert("RGB")
    true = photo.getpixel((int(WALL[0] * 512), int(WALL[1] * 512)))
    assert np.abs(np.subtract(colour_at(page, WALL), true)).max() < 16


def test_the_picture_goes_to_the_clipboard(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_photos(page)
    page.locator("#canvas").focus()
    page.keyboard.press("Control+c")
    expect(page.locator("#status")).to_contain_text("on the clipboard")
    kinds = page.evaluate("async () => (await navigator.clipboard.read())[0].types")
    assert kinds == ["image/png"]


def test_several_photos_are_cut_out_and_downloaded_together_and_removal_asks(page: Page) -> None:
    open_photos(page, small(), small(96, "other.png"), small(128, "small.png"))
    strip = page.get_by_role("navigation", name="Photos")
    expect(strip.get_by_text("cut out", exact=True)).to_have_count(3, timeout=PATIENCE)
    name, archive = downloaded(page, button(page, "Download all").click)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert (name, opened.testzip()) == ("cut-outs.zip", None)
        sizes = {one: open_picture(opened.read(one)).size for one in opened.namelist()}
    assert sizes == {"small.png": (192, 192), "other.png": (96, 96), "small-2.png": (128, 128)}
    strip.get_by_role("button", name="other: cut out").click()
    press(page, "Brush")
    stroke(page, WALL)
    button(page, "Remove this photo").click()
    button(page, "Keep it").click()
    expect(strip.locator("li")).to_have_count(3)
    button(page, "Remove this photo").click()
    button(page, "Remove it").click()
    expect(strip.locator("li")).to_have_count(2)


def test_a_photo_that_the_server_forgot_is_sent_again(page: Page, url: str) -> None:
    with page.expect_response(lambda answer: answer.url.endswith("/v1/photos")) as sent:
        open_photos(page)
    httpx.delete(f"{url}/v1/photos/{sent.value.json()['id']}").raise_for_status()
    assert open_picture(downloaded(page)[1]).size == (SMALL, SMALL)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control with this text has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"Tab does not reach {name}")


def test_everything_can_be_done_by_keys(page: Page) -> None:
    tab_to(page, "Try the example")
    page.keyboard.press("Enter")
    expect(page.locator("#download")).to_be_enabled(timeout=PATIENCE)
    expect(page.locator("#canvas")).to_be_focused()
    before = read_trimap(file_as(page, "Trimap"))
    page.locator("#canvas").focus()
    for key in ("b", "]", "ArrowDown", "ArrowDown", "Space"):
        page.keyboard.press(key)
    _, file = downloaded(page, lambda: page.keyboard.press("Control+s"))
    painted = read_trimap(file)
    assert (painted != before).any()
    page.keyboard.press("Control+z")
    tab_to(page, "Download PNG")
    _, file = downloaded(page, lambda: page.keyboard.press("Enter"))
    np.testing.assert_array_equal(read_trimap(file), before)
    page.locator("#canvas").focus()
    page.keyboard.press("n")
    expect(page.locator("#status")).to_contain_text("Place 1 of")
    for key in ("s", "Space"):  # the brush went to the place
        page.keyboard.press(key)
    _, file = downloaded(page, lambda: page.keyboard.press("Control+s"))
    changed = read_trimap(file) != before
    assert (before[changed] == UNKNOWN).any()


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
