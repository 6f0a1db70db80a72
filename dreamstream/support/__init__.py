"""This machine: files, logs, memory, time."""
