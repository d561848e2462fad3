"""Series: what is measured again and again."""
