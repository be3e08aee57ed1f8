"""What an evaluation found, and that it survives being written and read."""

import csv
import json

import pytest

from mattekit.core.errors import BadData
from mattekit.evaluation.pairing import Problem
from mattekit.evaluation.results import Evaluation, Row, from_document, to_csv, to_json
from mattekit.metrics.protocols import PROTOCOLS


@pytest.fixture
def evaluation() -> Evaluation:
    return Evaluation(
        title="predictions",
        protocol=PROTOCOLS["gfm"],
        rows=(
            Row(name="a", predicted="p/a.png", values={"sad": 1.0, "mse": 0.5}, bits=16, true="x"),
            Row(name="b", predicted="p/b.png", values={"sad": 4.0}, warnings=("odd trimap",)),
            Row(name="c", predicted="p/c.png", error="p/c.png is cut off"),
        ),
        problems=(Problem(name="d", sentence="no truth"),),
    )


def test_means_are_over_the_pictures_that_have_the_number(evaluation: Evaluation) -> None:
    assert evaluation.means == {"sad": 2.5, "mse": 0.5}
    assert evaluation.bits == 16


def test_remarks_name_everything_that_went_wrong(evaluation: Evaluation) -> None:
    assert [f"{remark.name}: {remark.sentence}" for remark in evaluation.remarks] == [
        "d: no truth",
        "c: p/c.png is cut off",
        "b: odd trimap",
    ]


def test_an_evaluation_written_as_json_reads_back_equal(evaluation: Evaluation) -> None:
    text = to_json(evaluation, version="1.2.3")
    document = json.loads(text)
    assert from_document(document) == evaluation
    assert document["version"] == "1.2.3"
    assert document["protocol"]["title"] == "gfm"


def test_every_result_has_the_entries_that_all_commands_report(evaluation: Evaluation) -> None:
    results = json.loads(to_json(evaluation))["results"]
    entries = {"input", "status", "outputs", "warnings", "seconds", "model", "strategy"}
    assert all(entries <= set(result) for result in results)
    assert [result["status"] for result in results] == ["done", "done", "failed"]


@pytest.mark.parametrize("document", [{}, [], {"protocol": {"title": "x", "name": "y"}}, None])
def test_json_of_another_kind_is_refused_in_a_sentence(document: object) -> None:
    with pytest.raises(BadData, match="not the JSON document of `mattekit evaluate"):
        from_document(document)


def test_csv_has_a_line_a_picture_and_the_means_last(evaluation: Evaluation) -> None:
    lines = list(csv.reader(to_csv(evaluation).splitlines()))
    assert lines[0] == ["name", "sad", "mse", "seconds", "error"]
    assert lines[2] == ["b", "4.0", "", "0.0", ""]
    assert lines[3] == ["c", "", "", "0.0", "p/c.png is cut off"]
    assert lines[4] == ["mean", "2.5", "0.5", "", ""]
