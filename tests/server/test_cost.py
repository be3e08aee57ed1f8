"""What takes too long is told before, and done another way or refused."""

import numpy as np
import pytest

from mattekit.imaging.files import encode_image
from mattekit.imaging.picture import to_float
from mattekit.imaging.trimap import to_pixels
from mattekit.server.cost import work
from mattekit.server.forms import CutoutForm
from mattekit.server.jobs import Answer, Job, perform
from mattekit.synthetic.scene import scene

SAMPLE = scene(7, 256, kind="blob")
assert SAMPLE.trimap is not None
FILES = {
    "photo": encode_image(SAMPLE.image, format="png"),
    "trimap": encode_image(to_float(to_pixels(SAMPLE.trimap)), format="png"),
}


def cut(seconds: float, form: CutoutForm) -> Answer:
    return perform(Job(kind="cutout", form=form, files=FILES, max_pixels=10**6, seconds=seconds))


@pytest.mark.slow
def test_without_the_time_for_full_quality_the_fast_one_is_used_and_said() -> None:
    answer = cut(0.05, CutoutForm())
    assert answer.error is None
    assert answer.about["model"] == "closed-form"
    assert "quality=fast was used" in answer.about["warnings"][0]
    assert cut(1000, CutoutForm()).about["model"] == "compact"


def test_a_model_that_somebody_asked_for_is_refused_in_its_place() -> None:
    answer = cut(0.05, CutoutForm(model="knn"))
    assert "knn would take about" in str(answer.error)


@pytest.mark.parametrize("scale", [1, 4])
def test_work_grows_with_the_box_of_the_unknown_region(scale: int) -> None:
    trimap = np.zeros((100 * scale, 100 * scale), np.uint8)
    assert work(trimap) == 0
    trimap[10 * scale : 20 * scale, 10 * scale : 30 * scale] = 1
    assert work(trimap) == 200 * scale**2 * (1 + 17)
