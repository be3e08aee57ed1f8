"""A stand-in for the modules that GIMP 3 gives to plug-ins: what ours uses of them, no more.

The plug-in's own logic is tested against this, since few machines that run tests have GIMP 3. Its
calls have the forms of GIMP 3.0's documented interface.
"""

import sys
from dataclasses import dataclass, field
from enum import Enum
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from mattekit.imaging.files import open_picture


class Status(Enum):
    SUCCESS, CANCEL, EXECUTION_ERROR = range(3)


@dataclass
class Drawable:
    """A layer or the selection, as whole numbers of 8 bits."""

    pixels: np.ndarray
    name: str = ""

    def get_buffer(self) -> "Drawable":
        return self

    def get(self, place: tuple[int, ...], scale: float, form: str, policy: str) -> bytes:
        assert place == (0, 0, self.pixels.shape[1], self.pixels.shape[0])
        assert (scale, policy) == (1.0, "clamp")
        assert form == {2: "Y u8", 3: "R'G'B' u8"}[self.pixels.ndim]
        return self.pixels.tobytes()

    def set_name(self, name: str) -> None:
        self.name = name


@dataclass
class Image:
    """A picture of one layer and a selection."""

    photo: np.ndarray
    selection: np.ndarray
    layers: list[Drawable] = field(default_factory=list)
    undo: int = 0

    def get_width(self) -> int:
        return self.photo.shape[1]

    def get_height(self) -> int:
        return self.photo.shape[0]

    def duplicate(self) -> "Image":
        return Image(self.photo.copy(), self.selection)

    def flatten(self) -> Drawable:
        return Drawable(self.photo)

    def delete(self) -> None:
        self.photo = np.zeros((0, 0, 3), np.uint8)

    def get_selection(self) -> Drawable:
        return Drawable(self.selection)

    def insert_layer(self, layer: Drawable, parent: None, position: int) -> None:
        assert self.undo == 1
        self.layers.insert(position, layer)

    def undo_group_start(self) -> None:
        self.undo += 1

    def undo_group_end(self) -> None:
        self.undo -= 1


@dataclass
class Procedure:
    """What a plug-in registers."""

    name: str
    run: object
    arguments: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> object:
        if name in {"set_image_types", "set_menu_label", "add_menu_path", "set_documentation",
                    "set_attribution"}:  # fmt: skip
            return lambda *words: None
        raise AttributeError(name)

    def add_string_argument(self, name: str, *words: object) -> None:
        self.arguments[name] = str(words[2])

    def new_return_values(self, status: Status, error: Exception) -> tuple[Status, str]:
        return status, str(error)

    def call(self, image: Image, **changed: str) -> tuple[Status, str]:
        """As GIMP runs it without a dialog."""
        values = {**self.arguments, **changed}
        config = SimpleNamespace(get_property=values.__getitem__)
        return self.run(self, "noninteractive", image, [], config, None)


def load_layer(mode: str, image: Image, file: str) -> Drawable:
    picture = open_picture(file)
    return Drawable(np.dstack([picture.colours, picture.alpha]))


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `import gi` find all this."""
    gimp = SimpleNamespace(
        PlugIn=object,
        Drawable=Drawable,
        Image=Image,
        Layer=Drawable,
        PDBProcType=SimpleNamespace(PLUGIN="plugin"),
        PDBStatusType=Status,
        RunMode=SimpleNamespace(INTERACTIVE="interactive", NONINTERACTIVE="noninteractive"),
        ImageProcedure=SimpleNamespace(
            new=lambda plugin, name, kind, run, data: Procedure(name, run)
        ),
        Selection=SimpleNamespace(is_empty=lambda image: not image.selection.any()),
        file_load_layer=load_layer,
        progress_init=lambda text: None,
        displays_flush=lambda: None,
    )
    repository = ModuleType("gi.repository")
    repository.Gimp = gimp
    repository.Gegl = SimpleNamespace(
        Rectangle=SimpleNamespace(new=lambda *place: place),
        AbyssPolicy=SimpleNamespace(CLAMP="clamp"),
    )
    repository.Gio = SimpleNamespace(File=SimpleNamespace(new_for_path=str))
    repository.GLib = SimpleNamespace(Error=Exception)
    repository.GObject = SimpleNamespace(ParamFlags=SimpleNamespace(READWRITE=3))
    repository.GimpUi = SimpleNamespace()
    gi = ModuleType("gi")
    gi.require_version = lambda name, version: None
    gi.repository = repository
    monkeypatch.setitem(sys.modules, "gi", gi)
    monkeypatch.setitem(sys.modules, "gi.repository", repository)
