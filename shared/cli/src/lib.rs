//! The life of a process: flags, help, statuses, diagnostics.
