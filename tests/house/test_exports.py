"""The public names."""

import inspect
from importlib.metadata import version
from importlib.resources import files

import pytest

import mattekit

PROMISED = {
    "cutout", "estimate_foreground", "load", "make_trimap", "metrics", "networks", "over",
    "read_alpha", "read_image", "read_trimap", "synthetic", "write_image",
}  # fmt: skip


def test_the_list_is_sorted_short_and_holds_what_is_promised() -> None:
    assert mattekit.__all__ == sorted(mattekit.__all__)
    assert len(mattekit.__all__) <= 20
    assert set(mattekit.__all__) >= PROMISED


@pytest.mark.parametrize("name", mattekit.__all__)
def test_every_public_name_is_there_and_explained(name: str) -> None:
    assert inspect.getdoc(getattr(mattekit, name))


def test_the_five_metrics_and_scenes_are_reached_from_the_top() -> None:
    assert {"sad", "mse", "mad", "grad", "conn"} <= set(dir(mattekit.metrics))
    assert callable(mattekit.synthetic.scene)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'blend'"):
        mattekit.blend  # noqa: B018


def test_completion_shows_the_public_names_and_nothing_else() -> None:
    assert dir(mattekit) == sorted([*mattekit.__all__, "__version__"])


def test_the_version_is_that_of_the_installed_package() -> None:
    assert mattekit.__version__ == version("mattekit")


def test_type_checkers_find_the_annotations() -> None:
    assert (files("mattekit") / "py.typed").is_file()
