"""Was every word said, once, and nothing else?

English is checked against its own sounds: the expected words are followed through the clip, and if
it is likelier that one is left out, said again, said otherwise or added, by how much. It needs no
recognizer, and costs 0.02 × real time on a core. What a recognizer heard, if there is one, is
compared as well, by its phonemes; in other languages it is compared alone, by its characters.
"""

from narrate.checks.words.measures import VERSION, Difference, Words, judge, worst

__all__ = ["VERSION", "Difference", "Words", "judge", "worst"]
