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

    # everything selected: nothing is left to be the background
    status, said = procedure.call(image(np.full(SAMPLE.size, 255, np.uint8)), server=server)
    assert status is Status.EXECUTION_ERROR
    assert "mask" in said


def test_without_a_server_it_says_how_to_start_one(procedure: Procedure) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    picture = image(np.zeros(SAMPLE.size, np.uint8))
    status, said = procedure.call(picture, server=nowhere)
    assert status is Status.EXECUTION_ERROR
    assert "run 'mattekit serve'" in said
    assert picture.layers == []
