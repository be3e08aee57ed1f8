"""Names of published weights from prefixes."""

from torch import nn

from mattekit.networks.parts.published import published_keys


def test_the_longest_beginning_counts_and_the_rest_is_kept() -> None:
    network = nn.ModuleDict({"stem": nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1))})
    keys = published_keys(network, {"encoder": "stem", "encoder.bn1": "stem.1"})
    assert keys["encoder.0.weight"] == "stem.0.weight"
    assert keys["encoder.bn1.running_mean"] == "stem.1.running_mean"
    assert sorted(keys.values()) == sorted(network.state_dict())


def test_a_beginning_is_made_of_whole_words() -> None:
    network = nn.ModuleDict({"stem": nn.Conv2d(1, 1, 1), "stems": nn.Conv2d(1, 1, 1)})
    keys = published_keys(network, {"conv1": "stem"})
    assert list(keys) == ["conv1.weight", "conv1.bias", "stems.weight", "stems.bias"]
