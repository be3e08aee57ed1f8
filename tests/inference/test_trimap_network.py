"""Public networks that take a trimap, as `--model`: ViTMatte's interface, drawn in a few nodes."""

from pathlib import Path

import numpy as np
import pytest
from inference.disc import soft_disc
from subject.drawn_networks import save

from mattekit import cutout
from mattekit.core.errors import BadArgument, BadWeights
from mattekit.inference.matting import build_matting
from mattekit.models import registry as module
from mattekit.models.registry import registered

DESCRIBED = "mean: [0.5, 0.5, 0.5]\nstd: [0.5, 0.5, 0.5]\nmultiple: 32\nlicence: MIT\n"


def vitmatte(path: Path, size: str) -> Path:
    """Alpha: half the normalised red, and a half of the trimap."""
    return save(
        path,
        f"""vit (float[N,4,{size}] pixel_values) => (float[N,1,{size}] alphas) {{
            red, green, blue, trimap = Split<axis = 1>(pixel_values, ones)
            sum = Add(red, trimap)
            alphas = Mul(sum, half)
        }}""",
        ones=np.ones(4, np.int64),
        half=np.float32([0.5]),
    )


@pytest.mark.parametrize("size", ["H,W", "64,64"])
def test_photo_and_trimap_go_in_as_four_channels(size: str, tmp_path: Path) -> None:
    path = vitmatte(tmp_path / "vit.onnx", size)
    path.with_suffix(".yaml").write_text(DESCRIBED)
    picture = soft_disc((70, 90))
    method = build_matting(str(path))
    found = method.matte(picture.image, picture.trimap)
    unknown = picture.trimap == 1
    expected = ((picture.image[..., 0] - 0.5) / 0.5 + 0.5) / 2
    if size == "H,W":
        assert np.allclose(found.alpha[unknown], expected[unknown].clip(0, 1), atol=1e-5)
    else:  # seen at another size
        assert np.abs(found.alpha - expected.clip(0, 1))[unknown].mean() < 0.1
    assert np.array_equal(found.alpha[~unknown], picture.trimap[~unknown] / 2)


def test_an_installed_one_runs_by_name_and_its_terms_go_into_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTEKIT_MODELS", str(tmp_path))
    picture = soft_disc((70, 90))
    with pytest.raises(BadArgument, match="not installed; run: mattekit models get vitmatte-s"):
        build_matting("vitmatte-s")
    place = registered("vitmatte-s").paths[0]
    place.parent.mkdir(parents=True)
    vitmatte(place, "64,64")
    monkeypatch.setattr(module.ModelFile, "fits", lambda self, path: path.name == self.name)
    found = cutout(picture.image, trimap=picture.trimap, model="vitmatte-s")
    assert found.model_terms is not None
    assert found.model_terms.commercial == "no"
    monkeypatch.setenv("MATTEKIT_COMMERCIAL_ONLY", "1")
    with pytest.raises(BadArgument, match="vitmatte-s is refused by MATTEKIT_COMMERCIAL_ONLY"):
        build_matting("vitmatte-s")


def test_other_networks_are_no_models(tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="u2netp finds the subject; use it as --segmenter"):
        build_matting("u2netp")
    path = save(
        tmp_path / "three.onnx",
        "three (float[N,3,H,W] image) => (float[N,3,H,W] alpha) { alpha = Relu(image) }",
    )
    with pytest.raises(BadWeights, match=r"there is no three\.yaml next to it"):
        build_matting(str(path))
    path.with_suffix(".yaml").write_text(DESCRIBED)
    with pytest.raises(BadWeights, match=r"takes one of \[batch, 4, height, width\]"):
        build_matting(str(path))
