"""The files beside the narration, one module a format."""
