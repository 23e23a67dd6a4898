"""Tools that are played: by recordings, or by a model once."""
