"""What every step promises: chance from the generator alone, aligned planes, a true composite."""

from dataclasses import fields, replace
from typing import Any, get_args

import numpy as np
import pytest
from data.augmentation.eight import composed, eight, mixed

from mattekit.core.errors import BadRecipe
from mattekit.core.types import Sample
from mattekit.data.augmentation import StepConfig
from mattekit.recipes.reading import read

STEPS = get_args(StepConfig)
WITHOUT_CHANCE = {"shrink_to_show_background", "ellipse_trimap", "estimates"}
IMAGE_ALONE = {"jpeg", "resample", "camera"}
PLANES = ("image", "alpha", "trimap", "foreground", "background")

every_step = pytest.mark.parametrize("member", STEPS, ids=lambda member: member().name)


def certain(member: Any) -> Any:
    """The step with every probability at 1."""
    chances = {"probability", "denoise", "blur", "noise", "exposure", "mosaic", "sharpen", "jpeg"}
    return member(**{field.name: 1.0 for field in fields(member) if field.name in chances})


def frozen() -> Sample:
    """A sample whose planes cannot be written to; alpha is a colour of the foreground."""
    alpha = mixed(3)[..., 0]
    foreground = mixed(1)
    foreground[..., 0] = alpha
    sample = eight(foreground=foreground, background=mixed(2), alpha=alpha)
    for name in PLANES:
        getattr(sample, name).flags.writeable = False
    return sample


def test_names_are_unique() -> None:
    names = [member().name for member in STEPS]
    assert len(set(names)) == len(names)


@pytest.mark.slow
@every_step
def test_the_same_generator_gives_the_same_bytes(member: Any) -> None:
    large = eight(foreground=mixed(1)).warp(lambda plane, how: plane.repeat(8, 0).repeat(8, 1))
    first, again = ([], [])
    for results in (first, again):
        for seed in range(12):
            after = member()(large, np.random.default_rng(seed))
            planes = [getattr(after, name) for name in PLANES]
            planes += [] if after.prompt is None else [after.prompt]
            results.append(b"".join(plane.tobytes() for plane in planes))
    assert first == again
    assert (len(set(first)) == 1) == (member().name in WITHOUT_CHANCE)


@every_step
def test_planes_keep_their_kind_size_and_range(member: Any, rng: np.random.Generator) -> None:
    before = frozen()
    after = certain(member)(before, rng)
    for name in PLANES:
        plane, former = getattr(after, name), getattr(before, name)
        assert (plane.dtype, plane.shape) == (former.dtype, former.shape), name
        assert plane.min() >= 0
        assert plane.max() <= (2 if name == "trimap" else 1)
    assert after.name == before.name


@every_step
def test_the_image_is_what_its_layers_make(member: Any, rng: np.random.Generator) -> None:
    step = certain(member)
    after = step(frozen(), rng)
    if step.name in IMAGE_ALONE:
        assert np.array_equal(composed(after), frozen().image)
    else:
        assert np.allclose(after.image, composed(after), atol=1e-6)


@every_step
def test_what_moves_the_subject_moves_all_its_planes(member: Any, rng: np.random.Generator) -> None:
    if "layer" not in [field.name for field in fields(member)] or member().name == "colour":
        return
    after = certain(member)(frozen(), rng)
    assert after.foreground is not None
    assert np.allclose(after.foreground[..., 0], after.alpha, atol=1e-6)
    assert not np.array_equal(after.alpha, frozen().alpha)


@every_step
def test_a_recipe_reads_a_step_by_its_name_and_refuses_what_it_does_not_know(member: Any) -> None:
    name = member().name
    assert read(tuple[StepConfig, ...], [name]) == (member(),)
    with pytest.raises(BadRecipe, match=r"data\.after_crop\.0\.strength: unknown key"):
        read(tuple[StepConfig, ...], [{"name": name, "strength": "2"}], "data.after_crop")


@every_step
def test_an_impossible_chance_is_refused(member: Any) -> None:
    if "probability" in [field.name for field in fields(member)]:
        with pytest.raises(ValueError, match="between 0 and 1"):
            replace(member(), probability=1.5)
