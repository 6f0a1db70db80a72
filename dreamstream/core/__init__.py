"""The words of the show as plain data."""
