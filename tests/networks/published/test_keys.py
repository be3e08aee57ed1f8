"""Names of published weights from prefixes."""

from torch import nn

from mattekit.networks.published.kinds import renamed


def test_the_longest_beginning_counts_and_the_rest_is_kept() -> None:
    network = nn.ModuleDict({"stem": nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1))})
    keys = renamed(network, {"stem": "encoder", "stem.1": "encoder.bn1"})
    assert keys["encoder.0.weight"] == "stem.0.weight"
    assert keys["encoder.bn1.running_mean"] == "stem.1.running_mean"
    assert sorted(keys.values()) == sorted(network.state_dict())


def test_a_beginning_is_made_of_whole_words() -> None:
    network = nn.ModuleDict({"stem": nn.Conv2d(1, 1, 1), "stems": nn.Conv2d(1, 1, 1)})
    keys = renamed(network, {"stem": "conv1"})
    assert list(keys) == ["conv1.weight", "conv1.bias", "stems.weight", "stems.bias"]


def test_words_in_braces_stand_for_as_many_entries() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 1, bias=False))
    keys = renamed(network, {"{0,1}": "conv{3,6}.out"})
    assert keys == {
        "conv3.out.weight": "0.weight",
        "conv3.out.bias": "0.bias",
        "conv6.out.weight": "1.weight",
    }
