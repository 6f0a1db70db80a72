"""An ascent dreamer among whose things are those of a subject, which follow its walk."""
