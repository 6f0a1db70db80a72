"""The watch dreamer: a training that goes on in another process, as it is now."""
