"""Figures for docs/performance.md: `python -m bench`. Medians of paired rounds; nothing here is asserted."""
