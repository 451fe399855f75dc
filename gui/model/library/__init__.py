"""The recordings in folders: found by a thread of its own, starred and tagged in a file beside them, searched
and sorted in memory, so that thousands are instant."""
