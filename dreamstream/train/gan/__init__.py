"""Teaching a generator against a discriminator."""
