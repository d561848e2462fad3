"""One job per file, named as its verb; writes go through the run directory."""
