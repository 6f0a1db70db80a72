"""The show's log: written, read again."""
