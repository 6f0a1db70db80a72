"""StyleGAN2s that others have taught, in the files that their programs write: read as numbers, nothing executed."""
