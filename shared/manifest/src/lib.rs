//! The JSON document that the programs hand to each other.
