//! What a CI job says of itself in its variables.
