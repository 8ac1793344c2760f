//! Build a Python project into canonical archives.
