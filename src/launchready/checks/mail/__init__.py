"""Whether the launch's mail arrives, and whether nobody else can send in its name."""
