"""The command line: one module a command, each parses, calls one library function, prints, and
returns.
"""
