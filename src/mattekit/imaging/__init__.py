"""Pictures as arrays: files in and out, trimaps, compositing, resampling. No torch."""
