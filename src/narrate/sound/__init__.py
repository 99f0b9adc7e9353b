"""Samples: recordings, PCM, WAV headers, the pace of speech."""
