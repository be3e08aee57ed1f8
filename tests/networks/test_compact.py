"""The shipped architecture: starts from its estimates, keeps what is known, knows no other size."""

import pytest
import torch

from mattekit.networks.compact import LEAST_LOG_ERROR, Compact, push_pull


def planes(size=(64, 96), seed=0):
    """Photo, a trimap with all three labels, and estimates."""
    rng = torch.Generator().manual_seed(seed)
    image = torch.rand(2, 3, *size, generator=rng)
    trimap = torch.randint(0, 3, (2, 1, *size), generator=rng) / 2
    prior = torch.rand(2, 10, *size, generator=rng)
    return image, trimap, prior


def test_an_untrained_network_returns_the_first_estimate_where_unknown_and_the_trimap_elsewhere():
    image, trimap, prior = planes()
    with torch.inference_mode():
        alpha = Compact().eval()(image, trimap, prior).alpha
    unknown = trimap == 0.5
    torch.testing.assert_close(alpha[unknown], prior[:, :1][unknown])
    assert torch.equal(alpha[~unknown], trimap[~unknown])


def test_it_works_without_estimates_from_the_colours_around():
    image, trimap = torch.full((1, 3, 64, 64), 0.2), torch.full((1, 1, 64, 64), 0.5)
    trimap[..., :8], trimap[..., -8:] = 0, 1
    image[..., 32:] = 0.8
    with torch.inference_mode():
        alpha = Compact().eval()(image, trimap).alpha
    assert alpha[..., :32].max() < 0.1
    assert alpha[..., 32:].min() > 0.9


def test_the_gradient_passes_where_alpha_was_cut_off():
    image, trimap, prior = planes()
    network = Compact().train()
    with torch.no_grad():
        network.correction.bias[0] = -2.0  # far below 0 everywhere
    alpha = network(image, trimap, prior).alpha
    assert alpha.min() == 0
    (alpha - 0.5).abs().sum().backward()
    assert network.correction.bias.grad[0] != 0


def test_the_expected_error_never_goes_below_one_percent():
    image, trimap, prior = planes()
    network = Compact().eval()
    with torch.no_grad():
        network.correction.bias[1] = -50.0
        assert network(image, trimap, prior).log_error.min() >= LEAST_LOG_ERROR


def test_it_has_fewer_than_two_million_parameters():
    assert sum(parameter.numel() for parameter in Compact().parameters()) < 2_000_000


def test_colours_are_carried_into_what_is_unknown():
    colours = torch.zeros(1, 3, 32, 32)
    colours[:, 0, :, 20:] = 1.0
    weight = torch.zeros(1, 1, 32, 32)
    weight[..., :4], weight[..., 28:] = 1, 1
    filled, weights = push_pull(colours, weight)
    assert filled[0, 0, 16, 6] < 0.2
    assert filled[0, 0, 16, 26] > 0.8
    torch.testing.assert_close(filled[..., :4], colours[..., :4], atol=1e-3, rtol=0)
    assert [plane.shape[-1] for plane in weights] == [32, 16, 8, 4, 2]


@pytest.mark.slow
def test_it_learns_to_undo_a_wrong_estimate_on_one_batch():
    torch.manual_seed(0)
    image, trimap, prior = planes(size=(32, 32))
    trimap[:] = 0.5
    true = image[:, :1].round()
    network = Compact().train()
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(60):
        loss = (network(image, trimap, prior).alpha - true).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.3 * (prior[:, :1] - true).abs().mean()
