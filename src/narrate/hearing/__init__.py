"""Speech recognition: which model listens, whether it is here, and one that is in another
environment.
"""
