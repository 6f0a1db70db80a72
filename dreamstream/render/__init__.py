"""Videos and pictures without a show."""
