//! Layers: what wins, and what is refused.
