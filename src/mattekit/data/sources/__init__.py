"""Where samples come from: one data set a file, each with the config that opens it."""
