"""Image files: their folders, decoding and preprocessing. Pillow and NumPy only."""
