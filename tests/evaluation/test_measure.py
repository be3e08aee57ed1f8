"""Files become rows: exact values, bad files named, the rest measured."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import pytest

from mattekit.core.types import Image
from mattekit.evaluation.evaluate import measure_pairing
from mattekit.evaluation.measure import MeasureOptions, as_stored
from mattekit.evaluation.results import Evaluation
from mattekit.imaging.files import (
    open_alpha,
    read_alpha,
    read_trimap,
    write_alpha,
    write_image,
    write_trimap,
)
from mattekit.metrics import PROTOCOLS, measure

OFFICIAL = MeasureOptions(protocol=PROTOCOLS["official"])


def errors(evaluation: Evaluation) -> dict[str, str]:
    return {row.name: row.error for row in evaluation.rows if row.error}


def test_rows_hold_the_metrics_of_the_files(folder) -> None:
    evaluation = measure_pairing("p", folder.pairing(), OFFICIAL)
    assert [row.name for row in evaluation.rows] == ["a", "b", "c"]
    stored = [as_stored(open_alpha(folder.path(role, "b"))) for role in ("predicted", "true")]
    expected = measure(*stored, read_trimap(folder.path("trimap", "b")))
    assert evaluation.rows[1].values == expected
    assert evaluation.rows[0].values["sad"] == 0
    assert evaluation.is_complete


@pytest.mark.slow
def test_two_processes_give_the_rows_of_one(folder) -> None:
    seen: list[int] = []

    def progress(pictures: int) -> AbstractContextManager[Callable[[], object]]:
        return nullcontext(lambda: seen.append(pictures))

    several = measure_pairing("p", folder.pairing(), OFFICIAL, processes=2, progress=progress)
    single = measure_pairing("p", folder.pairing(), OFFICIAL)
    assert [(r.name, r.values) for r in several.rows] == [(r.name, r.values) for r in single.rows]
    assert seen == [3, 3, 3]


def test_8_bit_values_in_a_16_bit_file_are_8_bit_values() -> None:
    numbers = np.array([[0, 1, 85, 255]], np.uint8)
    assert np.array_equal(as_stored(numbers * np.uint16(257)), numbers)
    deeper = np.array([[0, 1, 65535]], np.uint16)
    assert as_stored(deeper).dtype == np.uint16


def test_16_bit_predictions_are_measured_at_16_bits(folder) -> None:
    write_alpha(
        folder.path("predicted", "a"), np.full((30, 40), 12345 / 65535, np.float32), bits=16
    )
    row = measure_pairing("p", folder.pairing(), OFFICIAL).rows[0]
    true = as_stored(open_alpha(folder.path("true", "a")))
    trimap = read_trimap(folder.path("trimap", "a"))
    assert row.bits == 16
    assert row.values == measure(np.full((30, 40), 12345, np.uint16), true, trimap)


def test_a_damaged_file_is_named_and_the_rest_is_measured(folder) -> None:
    path = folder.path("predicted", "b")
    path.write_bytes(path.read_bytes()[:60])
    evaluation = measure_pairing("p", folder.pairing(), OFFICIAL)
    assert list(errors(evaluation)) == ["b"]
    assert str(path) in errors(evaluation)["b"]
    assert len(evaluation.measured) == 2
    assert not evaluation.is_complete


def test_a_prediction_of_another_size_is_named(folder) -> None:
    write_alpha(folder.path("predicted", "b"), np.zeros((30, 41), np.float32))
    evaluation = measure_pairing("p", folder.pairing(), OFFICIAL)
    assert errors(evaluation) == {
        "b": "the predicted matte is 41x30 pixels and the true matte 40x30; both must be the same"
    }


def test_a_trimap_without_unknown_pixels_is_named_and_not_counted_as_zero_error(folder) -> None:
    write_trimap(folder.path("trimap", "c"), np.full((30, 40), 2, np.uint8))
    evaluation = measure_pairing("p", folder.pairing(), OFFICIAL)
    assert "has no unknown pixels" in errors(evaluation)["c"]
    whole = MeasureOptions(protocol=PROTOCOLS["gfm"])
    assert not errors(measure_pairing("p", folder.pairing(), whole))


def test_a_true_mask_is_refused_and_a_predicted_one_is_measured_but_in_doubt(folder) -> None:
    mask = (read_alpha(folder.path("true", "a")) > 0.5).astype(np.float32)
    write_alpha(folder.path("true", "b"), mask)
    write_alpha(folder.path("predicted", "a"), mask)
    evaluation = measure_pairing("p", folder.pairing(), OFFICIAL)
    assert "a mask where a matte should be" in errors(evaluation)["b"]
    assert "a mask, not a matte" in evaluation.rows[0].suspicions[0]
    assert evaluation.rows[0].values["sad"] > 0
    assert not evaluation.is_complete
    allowed = MeasureOptions(protocol=PROTOCOLS["official"], allow_masks=True)
    assert measure_pairing("p", folder.pairing(), allowed).is_complete


def test_an_all_black_prediction_is_a_bad_matte_and_no_mask(folder) -> None:
    write_alpha(folder.path("predicted", "a"), np.zeros((30, 40), np.float32))
    assert measure_pairing("p", folder.pairing(), OFFICIAL).is_complete


def test_gfm_with_trimaps_splits_sad_by_region(folder) -> None:
    whole = MeasureOptions(protocol=PROTOCOLS["gfm"])
    values = measure_pairing("p", folder.pairing(), whole).rows[2].values
    parts = [values[f"sad {region}"] for region in ("foreground", "background", "unknown")]
    assert sum(parts) == pytest.approx(values["sad"])
    assert parts[0] > 0


def rgba(folder, name: str, colours: Image) -> None:
    alpha = read_alpha(folder.path("true", name))
    write_image(folder.path("predicted", name), colours, alpha=alpha)


def test_true_foregrounds_add_colour_error_and_halo(folder) -> None:
    grey = np.full((30, 40, 3), 64 / 255, np.float32)
    rgba(folder, "a", grey)
    rgba(folder, "b", grey + np.float32(26 / 255))
    pairing = folder.pairing("predicted", "true", "trimap", "foreground")
    clean, off, no_colours = measure_pairing("p", pairing, OFFICIAL).rows
    assert clean.values["colour error"] == 0
    assert clean.values["halo on magenta"] == 0
    assert off.values["colour error"] == pytest.approx(26 / 255)
    weight = read_alpha(folder.path("true", "b")).sum()
    assert off.values["halo on white"] == pytest.approx(26 / 255 * weight / 1000, rel=1e-4)
    assert no_colours.error is not None
    assert "has no alpha channel" in no_colours.error


def test_pixels_beyond_the_limit_are_refused_before_decoding(folder) -> None:
    small = MeasureOptions(protocol=PROTOCOLS["official"], max_pixels=100)
    assert len(errors(measure_pairing("p", folder.pairing(), small))) == 3
