"""Model families, one per file: their config keys and the models they build."""
