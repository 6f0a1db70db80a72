"""Whatever makes dreams."""
