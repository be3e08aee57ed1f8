"""The plug-in of GIMP 3 against a stand-in for GIMP's modules and a real server."""

from collections.abc import Callable

import numpy as np
import pytest
from integrations.gimp_stand_in import Image, Procedure, Status, install
from integrations.loading import load
from server.conftest import Served, free_port, serve  # noqa: F401

from mattekit.imaging.picture import to_depth
from mattekit.synthetic.scene import scene

SAMPLE = scene(7, (120, 160), kind="fur")


@pytest.fixture
def procedure(monkeypatch: pytest.MonkeyPatch) -> Procedure:
    """The plug-in's procedure as GIMP gets it."""
    install(monkeypatch)
    plugin = load("gimp/mattekit-cutout/mattekit-cutout.py").MattekitCutout()
    (name,) = plugin.do_query_procedures()
    return plugin.do_create_procedure(name)


def image(selection: np.ndarray) -> Image:
    return Image(to_depth(SAMPLE.image, 8), selection)


@pytest.mark.slow
def test_the_selection_becomes_a_layer_with_the_subject(
    procedure: Procedure,
    serve: Callable[..., Served],  # noqa: F811
) -> None:
    server = serve("--workers", "1").url
    selected = image(to_depth(SAMPLE.alpha, 8))
    assert procedure.call(selected, server=server)[0] is Status.SUCCESS
    (layer,) = selected.layers
    assert layer.name == "cut-out"
    assert selected.undo == 0
    error = np.abs(layer.pixels[..., 3] / 255 - SAMPLE.alpha).mean()
    assert error < 0.03

    inside = np.zeros(SAMPLE.size, np.uint8)
    inside[*np.ix_(*(spread(SAMPLE.alpha.max(axis=axis)) for axis in (1, 0)))] = 255
    boxed = image(inside)
    assert procedure.call(boxed, server=server)[0] is Status.SUCCESS
    assert np.abs(boxed.layers[0].pixels[..., 3] / 255 - SAMPLE.alpha).mean() < 0.1

    # all but a point is selected: nothing is left to be the background
    inside = np.full(SAMPLE.size, 255, np.uint8)
    inside[40, 60] = 254
    status, said = procedure.call(image(inside), server=server)
    assert status is Status.EXECUTION_ERROR
    assert "mask" in said


def spread(values: np.ndarray) -> np.ndarray:
    """From the first place where there is something to the last."""
    places = np.flatnonzero(values > 0.1)
    return np.arange(places[0], places[-1] + 1)


@pytest.mark.parametrize(
    ("rows", "box"),
    [
        (["0000", "0110", "0110"], "1,1,2,2"),
        (["1111", "1111", "1111"], "0,0,4,3"),
        (["0000", "0000", "0001"], "3,2,1,1"),
        (["0000", "0110", "0100"], ""),
        (["0010", "0100", "0000"], ""),
        (["0000", "0110", "0310"], ""),
    ],
)
def test_only_a_rectangle_is_a_box(monkeypatch: pytest.MonkeyPatch, rows, box) -> None:
    install(monkeypatch)
    plugin = load("gimp/mattekit-cutout/mattekit-cutout.py")
    assert plugin.rectangle(bytes(255 if x == "1" else int(x) for x in "".join(rows)), 4) == box


def test_without_a_server_it_says_how_to_start_one(procedure: Procedure) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    picture = image(np.zeros(SAMPLE.size, np.uint8))
    status, said = procedure.call(picture, server=nowhere)
    assert status is Status.EXECUTION_ERROR
    assert "run 'mattekit serve'" in said
    assert picture.layers == []
