"""A film of a show's log, made in parts by several processes, and joined without a seam."""
