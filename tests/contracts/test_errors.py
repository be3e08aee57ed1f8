"""Every error crosses from one process to another and back."""

import copy
import pickle
import pkgutil
from importlib import import_module

import pytest

import mattekit
from mattekit.core.errors import MattekitError, MissingExtra

ARGUMENTS = {
    "MissingExtra": ("reading HEIC pictures", "heif"),
    "BodyTooLarge": (2**20,),
    "NotFinite": ("the loss is nan", {"alpha": 1.0}),
}


def kinds(base: type[MattekitError] = MattekitError) -> list[type[MattekitError]]:
    return [base, *(kind for child in base.__subclasses__() for kind in kinds(child))]


for module in pkgutil.walk_packages(mattekit.__path__, "mattekit."):
    if not module.name.endswith("__main__"):
        import_module(module.name)


@pytest.mark.parametrize("kind", dict.fromkeys(kinds()), ids=lambda kind: kind.__name__)
def test_an_error_is_the_same_after_pickling(kind: type[MattekitError]) -> None:
    error = kind(*ARGUMENTS.get(kind.__name__, ("one sentence",)))
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is kind
        assert str(again) == str(error)
        assert vars(again) == vars(error)


def test_a_missing_extra_says_how_to_install_it() -> None:
    assert 'pip install "mattekit[heif]"' in str(MissingExtra("reading HEIC pictures", "heif"))
