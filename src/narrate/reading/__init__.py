"""Written text -> what is said: markup, marks, sentences, utterances."""
