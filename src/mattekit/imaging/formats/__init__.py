"""How each file format is decoded and encoded. The public functions are in `imaging.files`."""
