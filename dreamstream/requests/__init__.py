"""What viewers asked for, in its order."""
