"""What is only done with permission: bounded attempts, a test member's journey, harmless events."""
