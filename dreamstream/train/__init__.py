"""How the built-in network is taught."""
