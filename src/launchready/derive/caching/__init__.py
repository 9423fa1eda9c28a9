"""What caches may keep and what they do keep (RFC 9111)."""
