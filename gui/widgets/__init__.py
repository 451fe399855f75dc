"""Parts that more than one view uses."""
