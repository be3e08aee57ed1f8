"""Sources of samples: a file for each data set, with the config that opens it."""
