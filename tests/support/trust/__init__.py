"""The fault bench: real speech, faults that are put into it, and what refuses the clips."""
