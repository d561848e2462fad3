"""Tokens that are parts of words, by Hugging Face `tokenizers`."""
