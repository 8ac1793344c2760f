//! One HTTP client: redirects, retries, credentials bound to an origin.
