"""Networks over pictures of any size, and `matting`: every method by its name, on one route."""
