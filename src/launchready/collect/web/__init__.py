"""HTTP: one client for every request, and what a visitor without an account is answered."""
