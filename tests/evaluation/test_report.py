"""The HTML report: complete, self-contained, escaped, and small."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from mattekit.evaluation.compare import compare
from mattekit.evaluation.evaluate import measure_pairing
from mattekit.evaluation.measure import MeasureOptions
from mattekit.evaluation.pairing import Problem
from mattekit.evaluation.pictures import ShownPicture, error_map, show_picture
from mattekit.evaluation.report import Report, choose_shown, to_html
from mattekit.evaluation.results import Evaluation, Row
from mattekit.imaging.files import read_image
from mattekit.metrics import PROTOCOLS
from mattekit.metrics.protocols import conventions

OFFICIAL = PROTOCOLS["official"]


class Page(HTMLParser):
    """Text, links and sources of a page; every tag must be closed in order."""

    VOID = ("meta", "img", "br", "input", "line", "rect", "link")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.sources += [value for key, value in attrs if key in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        pass

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.texts.append(data)


def rows(*sads: float) -> tuple[Row, ...]:
    return tuple(
        Row(name=f"p{i}", predicted=f"p{i}.png", values={"sad": sad}) for i, sad in enumerate(sads)
    )


def test_the_worst_pictures_come_first_and_none_is_shown_twice() -> None:
    evaluation = Evaluation(title="x", protocol=OFFICIAL, rows=rows(1, 5, 3, 4, 2))
    assert choose_shown(evaluation, 2, best=2) == (["p1", "p3"], ["p0", "p4"])
    assert choose_shown(evaluation, 4, best=4) == (["p1", "p3", "p2", "p4"], ["p0"])
    assert choose_shown(evaluation, 0) == ([], [])


def test_the_error_map_is_orange_where_too_opaque_and_blue_where_too_transparent() -> None:
    true = np.full((4, 4), 0.5, np.float32)
    predicted = true.copy()
    predicted[0, 0], predicted[3, 3], predicted[0, 3] = 1.0, 0.0, 1.0
    trimap = np.ones((4, 4), np.uint8)
    trimap[0, 3] = 2
    shown = error_map(predicted, true, trimap, PROTOCOLS["gca"])
    assert shown[0, 0].tolist() == pytest.approx([1.0, 0.55, 0.1])
    assert shown[3, 3].tolist() == pytest.approx([0.25, 0.7, 1.0])
    assert shown[1, 1].tolist() == pytest.approx([0.05] * 3)  # measured, no error
    assert shown[0, 3].tolist() == pytest.approx([0.2] * 3)  # not measured


def test_shown_pictures_are_at_most_512_pixels(folder) -> None:
    picture = folder.pairing("predicted", "true", "photo").pictures[0]
    others = {"a": folder.path("predicted", "c")}
    shown = show_picture(picture, PROTOCOLS["gfm"], others=others)
    captions = ["photo", "truth", "prediction", "error", "prediction 2", "error 2"]
    assert list(shown.planes) == captions
    assert read_image(shown.planes["photo"]).shape == (30, 40, 3)
    large = error_map(
        np.zeros((1030, 700), np.float32), np.ones((1030, 700), np.float32), None, PROTOCOLS["gfm"]
    )
    assert large.shape == (512, 348, 3)


def test_a_damaged_photo_is_named_and_the_rest_of_its_picture_shown(folder) -> None:
    folder.path("photo", "b").write_bytes(b"not a picture")
    pictures = folder.pairing("predicted", "true", "photo").pictures
    shown = show_picture(pictures[1], PROTOCOLS["gfm"])
    assert list(shown.planes) == ["truth", "prediction", "error"]
    rows = (Row(name="b", predicted="b.png", values={"sad": 1.0}),)
    evaluation = Evaluation(title="x", protocol=OFFICIAL, rows=rows)
    assert str(folder.path("photo", "b")) in to_html(Report(evaluation=evaluation, worst=[shown]))


@pytest.fixture
def full_report(folder) -> Report:
    pairing = folder.pairing("predicted", "true", "trimap", "photo")
    evaluation = measure_pairing("<first>", pairing, MeasureOptions(protocol=OFFICIAL))
    second = replace(evaluation, title="second")
    problem = Problem(name="d & e", sentence="no <truth>")
    return Report(
        evaluation=replace(evaluation, problems=(problem,), places={"true": "a & b"}),
        worst=[show_picture(picture, OFFICIAL) for picture in pairing.pictures],
        second=second,
        comparison=compare(evaluation, second),
    )


def test_the_report_is_one_file_that_reaches_for_nothing_outside(full_report: Report) -> None:
    page = Page(to_html(full_report))
    assert not page.open
    assert all(source.startswith(("data:image/", "#picture-")) for source in page.sources)
    assert sum(source.startswith("data:image/") for source in page.sources) == 3 * 4


def test_the_report_spells_out_protocol_problems_and_comparison(full_report: Report) -> None:
    text = to_html(full_report)
    page = " ".join(Page(text).texts)
    assert "<first>" not in text.split("<style>")[0]
    assert "no <truth>" in page
    assert "true: a & b" in page
    assert "not distinguishable" in page
    for label, value in conventions(OFFICIAL).items():
        assert label in page
        assert value in page


def test_table_rows_are_worst_first_and_link_to_their_pictures(full_report: Report) -> None:
    table = to_html(full_report).partition('<table id="rows">')[2]
    assert table.count("<th ") == 1 + 2 * 5
    assert "aria-sort=descending><button>SAD</button>" in table
    assert table.index("#picture-c") < table.index("#picture-b") < table.index("#picture-a")


def test_pictures_that_would_make_the_file_too_large_are_left_out(full_report: Report) -> None:
    sizes = [sum(map(len, picture.planes.values())) for picture in full_report.worst]
    text = to_html(full_report, most_bytes=sum(sizes[:2]))
    assert text.count("<article") == 2
    assert "1 pictures left out" in text


def test_a_report_of_a_thousand_pictures_stays_under_20_megabytes() -> None:
    evaluation = Evaluation(title="x", protocol=OFFICIAL, rows=rows(*range(1000)))
    heavy = {"photo": bytes(700_000), "truth": bytes(300_000)}
    worst = [ShownPicture(name=f"p{i}", planes=heavy) for i in range(24)]
    text = to_html(Report(evaluation=evaluation, worst=worst))
    assert text.count("<tr><td>") >= 1000
    assert 14_000_000 < len(text) < 20_000_000


def test_quantities_are_explained_once_for_all_their_kinds() -> None:
    values = {"sad": 1.0, "sad unknown": 1.0, "halo on black": 0.5, "halo on white": 0.5}
    row = Row(name="a", predicted="a.png", values=values)
    text = to_html(Report(evaluation=Evaluation(title="x", protocol=OFFICIAL, rows=(row,))))
    assert text.count("<b>SAD</b> Sum of the absolute differences") == 1
    assert text.count("<b>halo</b> Difference of both cut-outs") == 1


def test_a_report_without_any_number_still_says_why() -> None:
    failed = Row(name="a", predicted="a.png", error="a.png is cut short")
    evaluation = Evaluation(title="x", protocol=OFFICIAL, rows=(failed,))
    assert "a.png is cut short" in to_html(Report(evaluation=evaluation))
