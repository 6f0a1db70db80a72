"""Teaching a BEGAN: a generator and an auto-encoder held in equilibrium."""
