"""TLS: what an address presents, and what it still accepts."""
