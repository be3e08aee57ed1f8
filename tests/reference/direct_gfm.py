"""GFM's published test program: sizes, resampling, fusion, slowly, from its description.

Nothing here knows mattekit: a network is a function from colours 0..255 (h w 3) to its branches,
each of which is the sigmoids of glance (h w c) and the focus (h w); with RIM the last is the mixed
alpha.
"""

import numpy as np
from skimage.transform import resize

GREY = {"TT": [0, 128, 255], "FT": [0, 255], "BT": [0, 255]}
LONGEST = 1600


def published_test(network, picture, *, rosta: str, test_choice: str, pred_choice: int):
    """What the program writes for a picture of bytes, in [0, 1] at the picture's size."""
    if rosta == "RIM":
        *branches, mixed = network(at_share(picture, 3))
        names = ("TT", "FT", "BT")
        found = [fused(n, classes(n, g), f) for n, (g, f) in zip(names, branches, strict=True)]
        return back([*found, mixed][pred_choice - 1], picture)
    if test_choice == "RESIZE":
        ((glance, focus),) = network(at_share(picture, 2))
        grey = classes(rosta, glance)
        return back((grey / 255, focus, fused(rosta, grey, focus))[pred_choice - 1], picture)
    ((glance, _),) = network(at_share(picture, 3))
    ((_, focus),) = network(at_share(picture, 2))
    grey, focus = back(classes(rosta, glance), picture), back(focus, picture)
    return (grey / 255, focus, fused(rosta, grey, focus))[pred_choice - 1]


def at_share(picture, parts: int):
    """The picture at a third or half of its sides, each cut down to a multiple of 32."""
    size = []
    for side in picture.shape[:2]:
        wanted = min(LONGEST, side // parts - side // parts % 32)
        size.append(wanted)
    return resize(picture, size) * 255.0


def back(plane, picture):
    """A plane at the picture's size again."""
    return resize(plane.astype(float), picture.shape[:2])


def classes(rosta: str, sigmoids):
    """The picture of the classes, in grey."""
    return np.array(GREY[rosta], float)[np.argmax(sigmoids, axis=2)]


def fused(rosta: str, grey, focus):
    """Alpha: TT keeps the grey only where it is black or white, within round-off."""
    if rosta == "FT":
        return np.minimum(grey / 255 + focus, 1)
    if rosta == "BT":
        return np.maximum(grey / 255 - focus, 0)
    alpha = np.empty_like(focus)
    for place in np.ndindex(focus.shape):
        known = [value for value in (0, 255) if abs(grey[place] - value) < 1e-3]
        alpha[place] = known[0] / 255 if known else focus[place]
    return alpha
