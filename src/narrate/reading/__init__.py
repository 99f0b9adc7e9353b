"""Written text -> what is said: pause tags, utterances."""
