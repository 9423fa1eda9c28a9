"""What is written down and reported, without secrets."""
