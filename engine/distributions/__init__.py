"""Families of distributions over actions, and what can be said of them without sampling."""
