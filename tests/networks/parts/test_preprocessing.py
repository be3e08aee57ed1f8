"""What each published system is fed, row by row."""

import pytest
import torch

from mattekit.core.errors import BadImage
from mattekit.networks.parts.preprocessing import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Preprocess,
    Preprocessing,
)

RED = torch.tensor([1.0, 0.5, 0.0]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
TRIMAP = torch.tensor([0.0, 0.5, 1.0]).repeat(2).view(1, 1, 2, 3)
IMAGENET_OF_RED = [(1 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (0 - 0.406) / 0.225]

ROWS = {
    "imagenet units": (Preprocessing(mean=IMAGENET_MEAN, std=IMAGENET_STD), IMAGENET_OF_RED),
    "0..255": (Preprocessing(scale=255.0), [255.0, 127.5, 0.0]),
    "0..255, blue first": (Preprocessing(order="bgr", scale=255.0), [0.0, 127.5, 255.0]),
    "-1..1, blue first": (
        Preprocessing(order="bgr", mean=(0.5,) * 3, std=(0.5,) * 3),
        [-1.0, 0.0, 1.0],
    ),
    "as they are": (Preprocessing(), [1.0, 0.5, 0.0]),
}


@pytest.mark.parametrize("row", ROWS)
def test_colours_come_in_the_networks_order_and_units_and_go_back(row: str) -> None:
    record, expected = ROWS[row]
    preprocess = Preprocess(record)
    colours = preprocess.colours(RED)
    torch.testing.assert_close(colours[0, :, 0, 0], torch.tensor(expected))
    torch.testing.assert_close(preprocess.restore(colours), RED, atol=1e-6, rtol=0)


@pytest.mark.parametrize("code", [(0.0, 128 / 255, 1.0), (0.0, 128.0, 255.0), (-1.0, 0.0, 1.0)])
def test_the_three_labels_get_the_networks_code(code: tuple[float, float, float]) -> None:
    coded = Preprocess(Preprocessing(trimap_code=code)).trimap(TRIMAP)
    torch.testing.assert_close(coded[0, 0, 0], torch.tensor(code))


def test_a_size_that_does_not_fit_is_refused_in_a_sentence() -> None:
    preprocess = Preprocess(Preprocessing(multiple_of=8))
    with pytest.raises(BadImage, match=r"multiples of 8, but got 8 x 6; pad the picture"):
        preprocess.colours(RED[..., :6])


def test_a_network_without_trimap_refuses_one() -> None:
    with pytest.raises(BadImage, match="takes no trimap"):
        Preprocess(Preprocessing(trimap_code=None)).trimap(TRIMAP)


def test_the_record_is_not_part_of_the_weights_and_survives_an_empty_build() -> None:
    with torch.device("meta"):
        preprocess = Preprocess(Preprocessing(mean=IMAGENET_MEAN))
    assert preprocess.state_dict() == {}
    torch.testing.assert_close(preprocess.mean.flatten(), torch.tensor(IMAGENET_MEAN))
