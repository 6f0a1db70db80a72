"""Where the encoded video goes."""
