"""The shipped architecture: starts from its estimates, keeps what is known, knows no other size."""

import pytest
import torch

from mattekit.networks.compact import LEAST_LOG_ERROR, Compact, interpolated, push_pull


def planes(size=(64, 96), seed=0):
    """Photo, a trimap with all three labels, and estimates."""
    rng = torch.Generator().manual_seed(seed)
    image = torch.rand(2, 3, *size, generator=rng)
    trimap = torch.randint(0, 3, (2, 1, *size), generator=rng) / 2
    prior = torch.rand(2, 14, *size, generator=rng)
    return image, trimap, prior


def test_untrained_it_returns_the_mean_of_two_estimates_where_unknown_and_the_trimap_elsewhere():
    image, trimap, prior = planes()
    with torch.inference_mode():
        alpha = Compact().eval()(image, trimap, prior).alpha
    unknown = trimap == 0.5
    torch.testing.assert_close(alpha[unknown], prior[:, :2].mean(1, keepdim=True)[unknown])
    assert torch.equal(alpha[~unknown], trimap[~unknown])


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


def test_it_learns_fewer_than_two_million_numbers_and_none_of_the_encoder():
    learnt = {name: weight.numel() for name, weight in Compact().named_parameters()}
    assert sum(learnt.values()) < 2_000_000
    assert not any(name.startswith("encoder.") for name in learnt)


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


def test_the_expected_error_follows_its_calibration_once_trained():
    image, trimap, prior = planes()
    network = Compact().eval()
    with torch.no_grad():
        before = network(image, trimap, prior).log_error
        network.calibration[1] += 0.7
        after = network(image, trimap, prior).log_error
    torch.testing.assert_close(after, before + 0.7)


def test_a_calibration_is_straight_between_its_knots_and_level_beyond_them():
    x = torch.tensor([-1.0, 0.0, 0.25, 1.0, 1.5, 9.0]).reshape(1, 1, 1, 6)
    found = interpolated(x, torch.tensor([0.0, 1.0, 2.0]), torch.tensor([0.0, 4.0, 5.0]))
    assert found.flatten().tolist() == [0, 0, 1, 4, 4.5, 5]


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
    assert loss < 0.3 * (prior[:, :2].mean(1, keepdim=True) - true).abs().mean()
