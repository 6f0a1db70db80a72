"""The latent dreamer: a generator that was taught a subject, walking among what it knows."""
