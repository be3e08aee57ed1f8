"""What is done to a data set once, before training. No torch."""
