"""Kinds of data; each says how a file becomes inputs. NumPy only."""
