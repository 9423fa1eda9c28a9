"""Payments: what the provider's webhooks say grants, renews and revokes access."""
