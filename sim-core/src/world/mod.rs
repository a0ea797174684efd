//! Cause and effect: the physical world.
