"""Caching: what may be stored is stored for long, what belongs to one member is not."""
