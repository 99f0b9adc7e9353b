"""Written text as it is said: pause tags, utterances."""
