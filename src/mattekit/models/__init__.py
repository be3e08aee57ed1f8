"""Files of weights: names, headers, registry and download; no torch."""
