//! Keys that can't be used: nothing is logged and nothing is left, as often as it is tried.

use super::{Desk, ended, logged};
use crate::place::Place;

/// How `key.pem` is made, and the code of the refusal.
const KEYS: [(&str, &str); 8] = [
    ("true", "file-missing"),
    ("mkdir key.pem", "file-not-regular"),
    ("echo 'my secret' >key.pem", "key-malformed"),
    (
        "openssl genpkey -quiet -algorithm ED25519 -aes256 -pass pass:secret -out key.pem",
        "key-encrypted",
    ),
    ("openssl ecparam -name prime256v1 -genkey -out key.pem", "key-form"),
    ("openssl genpkey -quiet -algorithm RSA -out key.pem", "key-kind"),
    ("openssl genpkey -quiet -algorithm ED25519 | openssl pkey -pubout -out key.pem", "key-public"),
    ("for i in 1 2; do openssl genpkey -quiet -algorithm ED25519; done >key.pem", "key-several"),
];

#[test]
fn a_key_that_is_none() {
    let place = Place::new();
    for (number, (made, code)) in KEYS.into_iter().enumerate() {
        let desk = Desk::new(&place, &format!("key{number}"), &["a", "b"]);
        let beside = made.replace("key.pem", &format!("../{number}.pem"));
        assert!(desk.sh(&format!("umask 077; {beside}")).status.success(), "{made}");
        let sign = format!("pysign-sign --error-format=json --key ../{number}.pem $SIGN a b");
        for _ in 0..2 {
            ended(&desk.sh(&sign), 3, code).unwrap_or_else(|wrong| panic!("{made}: {wrong}"));
        }
        assert!(desk.signed().unwrap().is_empty());
    }
    assert_eq!(logged(&place), 0);
}
