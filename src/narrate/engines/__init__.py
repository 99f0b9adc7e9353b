"""Engines: each in a module of its own, run by `worker` in a process of its own, reached through
`client`.
"""
