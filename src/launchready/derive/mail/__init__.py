"""Records to publish, and what they say."""
