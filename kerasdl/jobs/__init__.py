"""One job per file, named as its verb; each writes only through the run directory."""
