"""From a photo to its matte: `cutout` without torch, `predictor` and the strategies with it.

Importing this room costs no torch; see `cutout` for the main job and `default` for its model.
"""
