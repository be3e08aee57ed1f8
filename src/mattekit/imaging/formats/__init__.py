"""How each file format is decoded and encoded. The front door is `imaging.files`."""
