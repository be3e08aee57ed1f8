"""The main job: from a photo and a hint to alpha, clean colours and a cut-out; no torch."""
