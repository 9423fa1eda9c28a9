"""Reports of a verdict, one file a format."""
