"""Two runs held against each other: what they were told, what came out, and what they do."""
