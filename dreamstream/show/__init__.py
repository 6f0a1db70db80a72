"""A live show, put together."""
