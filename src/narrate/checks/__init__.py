"""Sound and its text: is this speech, and does it say what was asked?"""
