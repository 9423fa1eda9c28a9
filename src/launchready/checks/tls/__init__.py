"""TLS: certificates, versions, HSTS."""
