"""What lies open that should not."""
