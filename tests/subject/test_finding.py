"""A subject by a segmenter: taken, warned about, or refused; and how sure the result is."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import subject.drawn_networks as drawn

from mattekit.core.errors import BadArgument, NoSubject
from mattekit.core.prompt import Prompt
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Mask, Plane
from mattekit.imaging.compose import over
from mattekit.imaging.trimap import make_trimap
from mattekit.subject import finding
from mattekit.subject.confidence import overlap, subject_confidence
from mattekit.subject.finder import finder
from mattekit.subject.finding import REFUSED, TAKEN, certainty, choose, find_alone
from mattekit.subject.hints import hint_of
from mattekit.subject.segmenters import Segmentation

SIZE = (90, 120)


def disc() -> Mask:
    rows, columns = np.indices(SIZE)
    return np.hypot(rows - 45, columns - 60) < 28


@pytest.fixture
def photo() -> Plane:
    """A bright disc on dark ground."""
    grain = np.random.default_rng(2).normal(0, 8, (*SIZE, 3))
    return (np.where(disc()[..., None], 225, 25) + grain).clip(0, 255).astype(np.uint8)


@dataclass
class Pretended:
    """A segmenter that says what the test wants, and remembers what it was asked."""

    mask: Plane
    sure: float | None = None
    name: str = "small"
    understands: frozenset[str] = frozenset({"nothing", "box", "points"})
    asked: list[Prompt] = field(default_factory=list)

    def segment(self, image: Plane, prompt: Prompt) -> Segmentation:
        self.asked.append(prompt)
        return Segmentation(mask=self.mask, segmenter=self.name, sure=self.sure)


def pretend(monkeypatch: pytest.MonkeyPatch, mask: Mask, sure: float | None) -> Pretended:
    segmenter = Pretended(mask=mask.astype(np.float32), sure=sure)
    monkeypatch.setattr(finding, "choose", lambda *_, **__: segmenter)
    return segmenter


def test_a_sure_segmenter_is_taken_an_unsure_one_warns_and_a_lost_one_refuses(
    photo: Plane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MATTEKIT_MODELS", str(tmp_path))
    pretend(monkeypatch, disc(), TAKEN + 0.05)
    taken = find_alone(photo, None)
    assert not taken.warnings
    assert taken.confidence == TAKEN + 0.05
    pretend(monkeypatch, disc(), REFUSED + 0.05)
    assert "look at the result" in find_alone(photo, None).warnings[0]
    pretend(monkeypatch, disc(), REFUSED - 0.05)
    with pytest.raises(NoSubject, match="mattekit models get u2netp"):
        find_alone(photo, None)
    pretend(monkeypatch, np.zeros(SIZE, np.bool_), 0.99)
    with pytest.raises(NoSubject, match="cannot tell the subject"):
        find_alone(photo, None)


@pytest.mark.parametrize(("second", "expected"), [(disc(), 0.95), (~disc(), 0.95 / 2)])
def test_the_shipped_segmenter_is_the_second_opinion_of_another(
    photo: Plane, monkeypatch: pytest.MonkeyPatch, second: Mask, expected: float
) -> None:
    other = pretend(monkeypatch, disc(), 0.95)
    other.name = "other"
    shipped = Pretended(mask=second.astype(np.float32), sure=1.0)
    monkeypatch.setattr(finding, "finder", lambda: shipped)
    assert find_alone(photo, "other").confidence == pytest.approx(expected)
    other.sure = REFUSED + 0.05  # a second opinion never refuses
    assert "look at the result" in find_alone(photo, "other").warnings[0]
    other.sure, shipped.sure = 0.95, 0.0  # it cannot tell itself
    assert find_alone(photo, "other").confidence == pytest.approx(0.95)


def test_where_no_segmenter_was_named_an_installed_one_and_the_shipped_one_find_together(
    photo: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = disc()
    half[:45] = False
    other = pretend(monkeypatch, disc(), 0.95)
    other.name = "other"
    shipped = Pretended(mask=half.astype(np.float32), sure=0.8)
    monkeypatch.setattr(finding, "finder", lambda: shipped)
    named, auto = find_alone(photo, "other"), find_alone(photo, None)
    assert named.mask is not None
    assert auto.mask is not None
    assert set(np.unique(named.mask)) == {0, 1}
    assert auto.mask[60, 60] == 1
    assert auto.mask[30, 60] == 1  # the installed one counts more
    other.mask = np.where(half, 1, 0.4 * disc()).astype(np.float32)
    undecided = find_alone(photo, None)  # the shipped one decides
    assert undecided.mask is not None
    assert undecided.mask[30, 60] == pytest.approx(0.24)
    other.mask = (0.4 * half).astype(np.float32)
    decided = find_alone(photo, None)
    assert decided.mask is not None
    assert (decided.mask == half).all()
    other.mask = disc().astype(np.float32)
    assert auto.segmenter == "other"
    assert auto.confidence == named.confidence

    half[:70] = False  # another subject
    shipped.mask = half.astype(np.float32)
    assert find_alone(photo, None).segmenter == "other"
    shipped.sure = 0.95
    taken = find_alone(photo, None)
    assert taken.segmenter == "small"
    assert taken.mask is shipped.mask
    assert taken.confidence is not None
    assert taken.confidence < TAKEN
    assert "look at the result" in taken.warnings[0]
    other.sure, other.mask = 0.0, np.zeros(SIZE, np.float32)  # it finds nothing
    assert find_alone(photo, None).segmenter == "small"


def test_a_mask_without_a_word_of_its_segmenter_is_judged_by_its_undecided_part() -> None:
    clear = Segmentation(mask=disc().astype(np.float32), segmenter="x")
    vague = Segmentation(mask=np.where(disc(), np.float32(0.6), np.float32(0)), segmenter="x")
    assert certainty(clear) == 1
    assert certainty(vague) < REFUSED


@pytest.mark.slow
def test_the_users_own_file_finds_the_subject(photo: Plane, tmp_path: Path) -> None:
    path = drawn.grey(tmp_path / "net.onnx")
    path.with_suffix(".yaml").write_text("size: [90, 120]\nlicence: MIT\n")
    found = hint_of(segmenter=str(path)).find(photo)
    known = found.trimap != UNKNOWN
    assert ((found.trimap == FOREGROUND) == disc())[known].all()
    assert known.mean() > 0.8
    assert found.segmenter == "net"
    assert found.terms is not None
    assert found.terms.weights == "MIT"


def test_points_that_the_network_does_not_obey_are_left_to_colours(
    photo: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, disc(), 0.9)
    obeyed = hint_of(points=[(60, 45), (5, 5, 0)]).find(photo)
    assert obeyed.segmenter == "small"
    pretend(monkeypatch, ~disc(), 0.9)
    ignored = hint_of(points=[(60, 45), (5, 5, 0)]).find(photo)
    assert "found by its colours" in ignored.warnings[0]
    assert ignored.trimap[45, 60] == FOREGROUND
    assert ignored.trimap[2, 2] == BACKGROUND


def test_a_box_in_which_the_network_finds_nothing_is_left_to_colours(
    photo: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = pretend(monkeypatch, disc(), 0.9)
    with pytest.raises(BadArgument, match="lies outside of the photo"):
        hint_of(box=(900, 900, 9, 9)).find(photo)  # before the network looks for seconds
    assert not hint_of(box=(28, 12, 66, 66)).find(photo).warnings
    assert segmenter.asked == [Prompt(box=(28, 12, 66, 66))]
    pretend(monkeypatch, np.zeros(SIZE, np.bool_), 0.9)
    found = hint_of(box=(28, 12, 66, 66)).find(photo)
    assert "found by its colours" in found.warnings[0]
    assert found.trimap[45, 60] == FOREGROUND


def test_points_outside_of_the_photo_or_only_beside_the_subject_are_refused(photo: Plane) -> None:
    with pytest.raises(BadArgument, match="outside of the photo, which is 120x90"):
        hint_of(points=[(120, 5)]).find(photo)
    with pytest.raises(BadArgument, match="no point is on the subject"):
        hint_of(points=[(5, 5, 0)]).find(photo)


def test_a_segmenter_that_cannot_take_points_says_so(tmp_path: Path) -> None:
    path = drawn.grey(tmp_path / "net.onnx")
    path.with_suffix(".yaml").write_text("size: [90, 120]\n")
    with pytest.raises(BadArgument, match="does not take points; it takes box"):
        choose(str(path), "points")
    with pytest.raises(BadArgument, match="--segmenter finds the subject, which --mask already"):
        hint_of(mask=disc(), segmenter="small")


def test_an_installed_segmenter_takes_over_unless_its_terms_forbid_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MATTEKIT_MODELS", "MATTEKIT_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    assert choose(None, "nothing").name == "small"
    for name in ("isnet-imgly", "isnet-anime"):
        (tmp_path / name).mkdir()
        drawn.grey(tmp_path / name / f"{name}.onnx")
    assert choose(None, "nothing").name == "isnet-imgly"
    assert choose(None, "points").name == "small"
    assert choose(None, "nothing", commercial_only=True).name == "small"


def confidence_of(alpha: Mask, **given: object) -> float:
    matte = alpha.astype(np.float32)
    return subject_confidence(matte, make_trimap(matte, 2, 2), **given)  # type: ignore[arg-type]


def test_the_confidence_of_the_subject_falls_with_what_is_suspicious() -> None:
    good = disc()
    holed, pieces, cut_off = good.copy(), good.copy(), good.copy()
    holed[38:52, 53:67] = False
    pieces[:20, :20] = True
    cut_off[:, 4:] = True
    cut_off[0, 0] = False
    whole = confidence_of(good)
    assert whole > 0.98
    assert confidence_of(good, sure=0.5) == pytest.approx(whole / 2)
    assert confidence_of(holed) < 0.95
    assert confidence_of(pieces) < 0.9
    assert confidence_of(cut_off) < 0.9
    mask = np.roll(good, 10, axis=1).astype(np.float32)
    assert confidence_of(good, mask=mask) < 0.8
    vague = np.where(good, UNKNOWN, BACKGROUND).astype(np.uint8)
    assert subject_confidence(good.astype(np.float32), vague) < 0.5
    assert confidence_of(np.zeros_like(good)) == 0


@pytest.mark.slow
def test_a_plain_disc_is_found_and_not_refused() -> None:
    rows, columns = np.indices((300, 300))
    away = np.hypot((rows - 150) / 1.4, columns - 150)
    disc = np.clip((70 - away) / 6 + 0.5, 0, 1).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, 0.03, (300, 300, 3)).astype(np.float32)
    photo = over(np.float32([0.2, 0.7, 0.2]), disc[..., None], np.float32([0.5, 0.5, 0.5])) + noise
    found = finder().segment(photo.clip(0, 1), Prompt())
    assert found.sure is not None
    assert found.sure > TAKEN - 0.05
    assert overlap(found.mask > 0.5, disc > 0.5) > 0.95
