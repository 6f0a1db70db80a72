"""The page, its API, the control room."""
