"""A fuzzer over our own files: `python -m tests.fuzz --inputs 100000`. See docs/hostile-files.md."""
