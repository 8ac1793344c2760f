//! Which hosts may be spoken to without encryption.

use std::net::{IpAddr, Ipv4Addr};

/// The name of Google's metadata server. It resolves on Google's machines only.
pub const METADATA_SERVER: &str = "metadata.google.internal";

/// Whether `host`, an IPv6 address in its brackets, is this machine.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Whether `host` may answer as Google's metadata server, which speaks `http` only: by its name, by
/// an address that no router passes on (RFC 3927), or on this machine.
pub fn is_metadata_server(host: &str) -> bool {
    let is_link_local = |ip: Ipv4Addr| ip.is_link_local();
    host == METADATA_SERVER || is_loopback(host) || host.parse().is_ok_and(is_link_local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_server_is_near() {
        for host in
            [METADATA_SERVER, "169.254.169.254", "127.0.0.1", "[::1]", "localhost", "127.0.0.2"]
        {
            assert!(is_metadata_server(host), "{host}");
        }
        for host in ["metadata", "evil.example", "10.0.0.1", "127.0.0.1/x", "a@127.0.0.1", ""] {
            assert!(!is_metadata_server(host), "{host}");
        }
    }
}
