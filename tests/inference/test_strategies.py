"""Strategies on networks small enough to know the answer."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from inference.toy import Grouped, Local, Seer
from torch import Tensor, nn

from mattekit.core.errors import BadArgument, BadImage, BadTrimap
from mattekit.core.tensors import Prediction
from mattekit.core.types import FOREGROUND, UNKNOWN, Size, Trimap
from mattekit.inference.inputs import Inputs
from mattekit.inference.network import Network
from mattekit.inference.predictor import Predictor
from mattekit.inference.strategies import STRATEGIES, Hybrid, Resize, StrategyConfig, Whole
from mattekit.inference.tile import Tile, plan
from mattekit.inference.torch_network import TorchNetwork


def network(module: nn.Module) -> Network:
    return TorchNetwork(module, name=type(module).__name__.lower(), device=torch.device("cpu"))


def picture(size: Size, seed: int = 0) -> tuple[np.ndarray, Trimap]:
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, size=size, p=[0.5, 0.1, 0.4]).astype(np.uint8)
    return rng.random((*size, 3), dtype=np.float32), labels


@pytest.mark.parametrize("size", [(150, 210), (96, 333), (64, 64)])
def test_tiles_equal_the_whole_for_a_network_that_sees_less_than_half_the_overlap(
    size: Size,
) -> None:
    image, trimap = picture(size)
    trimap[40:] = FOREGROUND
    local = network(Local())
    whole = Predictor(local, strategy=Whole()).planes(image, trimap)
    tiled = Predictor(local, strategy=Tile(size=96, overlap=32)).planes(image, trimap)
    np.testing.assert_allclose(tiled["alpha"], whole["alpha"], atol=1e-6)


def test_tiles_without_enough_overlap_differ_so_that_the_test_above_can_fail() -> None:
    image, trimap = picture((150, 210))
    local = network(Local())
    whole = Predictor(local, strategy=Whole()).predict(image, trimap)
    tiled = Predictor(local, strategy=Tile(size=32, overlap=4)).predict(image, trimap)
    assert np.abs(tiled - whole).max() > 1e-4


def test_windows_have_the_group_statistics_of_the_whole_picture() -> None:
    image = np.kron(picture((6, 4))[0], np.ones((100, 100, 1), np.float32))
    image[:200] *= 0.1  # darker where something is unknown
    trimap = np.full((600, 400), FOREGROUND, np.uint8)
    trimap[50:150, 50:150] = UNKNOWN
    module = Grouped()
    whole = Predictor(network(module), strategy=Whole()).predict(image, trimap)
    tiled = Predictor(network(module), strategy=Tile(size=256)).predict(image, trimap)
    assert np.abs(tiled - whole).max() < 0.05
    alone = Predictor(network(module), strategy=Whole()).predict(image[:200], trimap[:200])
    difference = np.abs(alone - whole[:200])[trimap[:200] == UNKNOWN]
    assert difference.max() > 0.1  # what a window says by itself


def test_a_network_is_after_tiling_as_it_was() -> None:
    image, trimap = picture((300, 300))
    module = Grouped()
    before = Predictor(network(module), strategy=Whole()).predict(image, trimap)
    Predictor(network(module), strategy=Tile(size=256)).predict(image * 0.1, trimap)
    after = Predictor(network(module), strategy=Whole()).predict(image, trimap)
    np.testing.assert_array_equal(before, after)


@given(
    height=st.integers(1, 70), width=st.integers(1, 70), share=st.floats(0, 1), seed=st.integers(0)
)
@settings(max_examples=60)
def test_windows_cover_every_unknown_pixel_and_stay_on_the_grid(
    height: int, width: int, share: float, seed: int
) -> None:
    unknown = np.random.default_rng(seed).random((height, width)) < share
    covered = np.zeros_like(unknown)
    for window in plan(unknown, tile=32, overlap=8, stride=8):
        assert max(window.size) <= 32 + 8
        assert {window.top % 8, window.left % 8, window.height % 8, window.width % 8} == {0}
        covered[
            window.top : window.top + window.height, window.left : window.left + window.width
        ] = 1
    assert covered[unknown].all()


def test_no_window_is_laid_where_everything_is_known() -> None:
    unknown = np.zeros((400, 400), dtype=bool)
    unknown[10:20, 300:310] = True
    (window,) = plan(unknown, tile=128, overlap=16, stride=8)
    assert (window.top, window.left) == (0, 280)
    assert (window.height, window.width) == (40, 48)


@given(height=st.integers(1, 90), width=st.integers(1, 90), name=st.sampled_from(["whole", "tile"]))
@settings(max_examples=40)
def test_any_size_gives_an_alpha_of_that_size_that_keeps_the_known_pixels(
    height: int, width: int, name: str
) -> None:
    image, trimap = picture((height, width), seed=height * 100 + width)
    alpha = Predictor(network(Local()), strategy=STRATEGIES[name]()).predict(image, trimap)
    assert alpha.shape == (height, width)
    known = trimap != UNKNOWN
    np.testing.assert_array_equal(alpha[known], (trimap == FOREGROUND)[known])
    assert np.isfinite(alpha).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (5, 401)])
@pytest.mark.parametrize("strategy", [Whole(), Tile(), Resize(height=32, width=32)])
def test_extreme_shapes(size: Size, strategy: StrategyConfig) -> None:
    image, trimap = picture(size)
    assert Predictor(network(Local()), strategy=strategy).predict(image, trimap).shape == size


def test_max_size_shrinks_with_the_aspect_kept() -> None:
    seen: list[Size] = []

    class Watching(Local):
        def forward(self, image: Tensor, trimap: Tensor) -> Prediction:
            seen.append((image.shape[2], image.shape[3]))
            return super().forward(image, trimap)

    image, trimap = picture((300, 100))
    alpha = Predictor(network(Watching()), strategy=Whole(max_size=60)).predict(image, trimap)
    assert seen == [(60, 20)]
    assert alpha.shape == (300, 100)


def test_the_trimap_that_a_network_sees_is_never_interpolated() -> None:
    seen: set[float] = set()

    class Watching(Local):
        def forward(self, image: Tensor, trimap: Tensor) -> Prediction:
            seen.update(trimap.unique().tolist())
            return super().forward(image, trimap)

    image, trimap = picture((123, 77))
    for strategy in (Whole(max_size=50), Resize(height=64, width=96), Tile(size=96, overlap=8)):
        Predictor(network(Watching()), strategy=strategy).predict(image, trimap)
    assert seen == {0.0, 0.5, 1.0}


def test_files_of_every_depth_give_the_same_alpha() -> None:
    image, trimap = picture((64, 80))
    local = network(Local())
    bytes_ = np.round(image * 255).astype(np.uint8)
    words = bytes_.astype(np.uint16) * 257
    expected = Predictor(local).predict(bytes_.astype(np.float32) / 255, trimap)
    np.testing.assert_allclose(
        Predictor(local).planes(bytes_, trimap)["alpha"], expected, atol=1e-6
    )
    np.testing.assert_allclose(Predictor(local).planes(words, trimap)["alpha"], expected, atol=1e-6)


def test_hybrid_glances_at_a_third_and_focuses_at_half() -> None:
    seen: list[Size] = []

    class Watching(Seer):
        def forward(self, image: Tensor, trimap: None) -> Prediction:
            seen.append((image.shape[2], image.shape[3]))
            return super().forward(image, trimap)

    image = np.zeros((192, 384, 3), np.float32)
    image[:, 128:256, 0] = 0.5
    image[:, 256:, 0] = 1
    image[..., 1] = 0.25
    planes = Predictor(network(Watching())).planes(image)
    assert seen == [(64, 128), (96, 192)]
    assert planes["alpha"][:, 60].max() == 0
    np.testing.assert_allclose(planes["alpha"][:, 190], 0.25, atol=1e-6)
    assert planes["alpha"][:, 320].min() == 1


def test_a_strategy_that_does_not_suit_the_network_is_a_usage_error() -> None:
    with pytest.raises(BadArgument, match="hybrid does not suit local; choose whole or tile"):
        Predictor(network(Local()), strategy=Hybrid())
    with pytest.raises(BadArgument, match="tile does not suit seer"):
        Predictor(network(Seer()), strategy=Tile())


def test_a_network_that_needs_a_trimap_says_so() -> None:
    with pytest.raises(BadTrimap, match="local needs a trimap"):
        Predictor(network(Local())).predict(np.zeros((8, 8, 3), np.float32))


def test_a_trimap_of_another_size_is_refused() -> None:
    with pytest.raises(BadImage, match="photo is 10x20 but its trimap is 20x10"):
        Inputs(colours=np.zeros((20, 10, 3), np.float32), trimap=np.zeros((10, 20), np.uint8))


def test_tiles_are_left_where_they_would_be_more_than_the_picture() -> None:
    local = Local()
    local.strategies = ("tile", "whole")
    predictor = Predictor(network(local))
    image, trimap = picture((700, 900))
    assert isinstance(predictor.strategy_for(Inputs(colours=image, trimap=trimap)), Whole)
    trimap[:500] = FOREGROUND
    assert isinstance(predictor.strategy_for(Inputs(colours=image, trimap=trimap)), Tile)
    asked = Predictor(network(local), strategy=Tile())
    assert asked.strategy_for(Inputs(colours=image, trimap=picture((700, 900))[1])) == Tile()


def test_an_overlap_that_leaves_nothing_of_a_tile_is_refused() -> None:
    with pytest.raises(BadArgument, match="take a tile of at least 136"):
        plan(np.ones((9, 9), dtype=bool), tile=128, overlap=64, stride=8)


def test_a_known_trimap_is_the_alpha() -> None:
    trimap = np.zeros((6, 6), np.uint8)
    trimap[2:4] = FOREGROUND
    alpha = Predictor(network(Local())).predict(np.zeros((6, 6, 3), np.float32), trimap)
    np.testing.assert_array_equal(alpha, trimap == FOREGROUND)


def test_nan_of_a_network_never_reaches_the_alpha() -> None:
    class Broken(Local):
        def forward(self, image: Tensor, trimap: Tensor) -> Prediction:
            return Prediction(alpha=torch.full_like(trimap, torch.nan))

    image, trimap = picture((16, 16))
    assert np.isfinite(Predictor(network(Broken())).predict(image, trimap)).all()
