"""Tables: files of rows and named columns."""
