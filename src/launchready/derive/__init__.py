"""Second-order facts from first-order ones: pure, without I/O or clock."""
