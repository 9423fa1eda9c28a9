"""Certificates, the trust in them, and HSTS."""
