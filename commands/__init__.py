"""The command line's verbs, one a file: dataclasses whose fields are the arguments; a call does it."""
