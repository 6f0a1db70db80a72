"""Many channels: each a show in a process of its own, started, watched, and started again."""
