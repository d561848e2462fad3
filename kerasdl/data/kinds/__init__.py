"""Kinds of data: how a file becomes model inputs. NumPy only."""
