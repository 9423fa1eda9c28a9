"""DNS: whether names lead where they should, from everywhere, and will go on doing so."""
