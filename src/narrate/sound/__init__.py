"""Samples: recordings in, PCM out, WAV headers, how long speech takes."""
