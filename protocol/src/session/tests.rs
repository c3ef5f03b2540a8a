//! What a session promises, between two ends in memory.
