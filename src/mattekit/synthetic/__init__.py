"""Procedural pictures with exact alpha, foreground and background. No torch."""

from mattekit.synthetic.backgrounds import background_picture
from mattekit.synthetic.colours import foreground_colours
from mattekit.synthetic.kinds import KINDS, alpha_of_kind, subject_of_kind
from mattekit.synthetic.scene import scene
from mattekit.synthetic.screens import screen_scene

__all__ = [
    "KINDS",
    "alpha_of_kind",
    "background_picture",
    "foreground_colours",
    "scene",
    "screen_scene",
    "subject_of_kind",
]
