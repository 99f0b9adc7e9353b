"""The formats of the files: audio encoders, and a module for each kind of file beside them."""
