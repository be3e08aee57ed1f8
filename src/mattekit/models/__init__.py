"""Files of weights: shipped and imported, what they are called, what they say; no torch."""
