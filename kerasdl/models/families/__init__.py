"""One family of models a file: its keys, and what they build."""
