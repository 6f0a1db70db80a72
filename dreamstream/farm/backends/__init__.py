"""What runs the channels' processes: this machine, or others."""
