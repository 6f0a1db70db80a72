"""A dreamer that takes drawings, and leaves everything else to the ascent dreamer that it holds."""
