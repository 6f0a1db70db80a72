"""JAX refuses to promote ranks silently here."""

from tests.ranks import strict_ranks

__all__ = ["strict_ranks"]
