"""Teaching a U-Net to fill drawings."""
