"""Files in, parameter trees out."""
