"""Frames: clock, tween, titles, encoder."""
