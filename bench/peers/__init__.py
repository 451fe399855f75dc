"""This program beside others at the same work."""
