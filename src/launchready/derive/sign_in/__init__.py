"""Log-ins, sessions, and what keeps strangers out."""
