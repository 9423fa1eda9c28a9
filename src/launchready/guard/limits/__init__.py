"""Rate limits: who counts against what, in this process or in a store for all."""
