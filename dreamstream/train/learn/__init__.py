"""Teaching a generator a subject from a film or from pictures."""
