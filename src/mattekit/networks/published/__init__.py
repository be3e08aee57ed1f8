"""Public weights: read safely, renamed, checked against what the published programs compute."""
