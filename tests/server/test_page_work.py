"""What the page does when work is slow, fails, or no longer matters."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect
from server.pages import (
    EXAMPLE,
    PATIENCE,
    WALL,
    button,
    colour_at,
    drag,
    file_as,
    look,
    on_screen,
    open_photos,
    press,
    small,
    stroke,
    until,
)

from mattekit.core.types import FOREGROUND
from mattekit.imaging.files import read_alpha, read_trimap

pytestmark = pytest.mark.browser
SUIT = (0.35, 0.75)
LARGE = 640  # pixels of a side: more than is computed at once
A_WHILE = 2500  # milliseconds, longer than any pause of the page


LEAVE = """() => dispatchEvent(new Event("beforeunload", { cancelable: true })) ? "" : "it asks" """


def requests_of(page: Page, wanted: Callable[[Request], bool]) -> list[str]:
    """What is asked for from now on."""
    found: list[str] = []
    page.on("request", lambda asked: wanted(asked) and found.append(asked.url))
    return found


def to_jobs(asked: Request) -> bool:
    return asked.method == "POST" and asked.url.endswith("/v1/jobs")


def test_a_box_around_the_example_keeps_its_subject_or_says_that_it_guessed(page: Page) -> None:
    button(page, "Try the example").click()
    expect(page.locator("#download")).to_be_enabled(timeout=PATIENCE)
    drag(page, (15 / 512, 5 / 512), (511 / 512, 511 / 512))
    expect(page.locator("#busy")).to_be_hidden(timeout=PATIENCE)
    alpha = read_alpha(file_as(page, "Mask"))
    certain = read_trimap((EXAMPLE / "example-trimap.png").read_bytes()) == FOREGROUND
    guessed = "colours" in (page.locator("#status").text_content() or "")
    assert alpha[certain].mean() > 0.9 or guessed


def test_after_an_error_the_preview_stays_and_nothing_is_sent_until_somebody_paints(
    page: Page,
) -> None:
    late = {"title": "Took too long", "status": 504, "detail": "this took longer than 120 s"}
    page.route("**/v1/jobs", lambda route: route.fulfill(status=504, json=late))
    sent = requests_of(page, to_jobs)
    page.locator("#file").set_input_files(small(LARGE))
    status = page.locator("#status")
    expect(status).to_contain_text("longer than 120 s", timeout=PATIENCE)
    expect(status).to_contain_text("What you see is a preview")
    page.wait_for_timeout(A_WHILE)
    assert len(sent) == 1
    look(page, "Mask")
    assert colour_at(page, SUIT) == [255, 255, 255]
    press(page, "Brush", "Remove")
    stroke(page, WALL)
    until(page, lambda: len(sent), 2)


def test_work_for_a_photo_that_is_gone_ends_and_says_nothing_any_more(page: Page) -> None:
    open_photos(page, small(96, "first.png"))
    held: list[Route] = []
    page.route("**/events", lambda route: held.append(route))
    page.locator("#file").set_input_files(small(LARGE, "second.png"))
    until(page, lambda: len(held), 1)
    expect(page.locator("#busy")).to_contain_text("Finding the edge")
    ended = requests_of(page, lambda asked: asked.method == "DELETE")
    button(page, "Remove this photo").click()
    expect(page.locator("#busy")).to_be_hidden()
    page.unroute_all(behavior="ignoreErrors")
    until(page, lambda: sorted(one.split("/")[-2] for one in ended), ["jobs", "photos"])
    page.wait_for_timeout(A_WHILE)
    expect(page.locator("#status")).to_contain_text("Look at the edge")
    expect(page.locator("#busy")).to_be_hidden()


def test_a_new_click_ends_the_work_of_the_one_before(page: Page) -> None:
    open_photos(page)
    page.wait_for_timeout(A_WHILE)
    page.route("**/v1/trimap", lambda route: None, times=1)
    given_up: list[Request] = []
    page.on("requestfailed", lambda asked: given_up.append(asked))
    for place in ((0.42, 0.7), (0.42, 0.75)):
        page.mouse.click(*on_screen(page, place))
    expect(page.locator("#busy")).to_be_hidden(timeout=PATIENCE)
    assert [one.url for one in given_up if one.method == "POST"] == [f"{page.url}v1/trimap"]


def test_undone_to_the_beginning_there_is_nothing_to_download_and_leaving_asks(page: Page) -> None:
    open_photos(page)
    photo = colour_at(page, WALL)
    press(page, "Brush")
    stroke(page, WALL)
    expect(page.locator("#busy")).to_be_hidden(timeout=PATIENCE)
    page.wait_for_timeout(A_WHILE)
    while button(page, "Undo").is_enabled():
        button(page, "Undo").click()
    sent = requests_of(page, lambda asked: asked.method == "POST")
    page.wait_for_timeout(A_WHILE)
    assert sent == []
    for name in ("Download PNG", "No unsure place"):
        expect(button(page, name)).to_be_disabled()
    expect(page.get_by_role("slider", name="Compare")).to_be_hidden()
    assert colour_at(page, WALL) != photo  # which showed what is transparent
    assert page.evaluate(LEAVE) == "it asks"
