"""JAX: pixels, networks, the patch prior."""
