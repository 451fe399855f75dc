"""Random use of the whole window."""
