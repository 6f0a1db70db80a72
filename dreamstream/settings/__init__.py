"""Everything that a person can set."""
