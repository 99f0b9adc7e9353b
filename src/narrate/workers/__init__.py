"""Engines as processes: their interpreters, their models, and the pipes to them."""
