//! The parts of a bundle that nobody has signed, or that prove nothing by themselves.

/// A place in the `SignedData` (RFC 5652 §5.1) of a timestamp's token.
macro_rules! token {
    ($place:literal) => {
        concat!(
            "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/*/signedTimestamp",
            "#/0/1/1/0",
            $place
        )
    };
}

/// What may be otherwise in a bundle that is accepted, and why it proves nothing else. Places end
/// where the list says, but for those that end in a slash.
const UNSIGNED: [(&str, &str); 10] = [
    ("/mediaType", "whatever the version, every part that any of them demands has to be there"),
    ("/messageSignature/messageDigest", "may be absent: the log entry has the digest"),
    ("/dsseEnvelope/signatures/*/keyid", "a hint that nobody signs"),
    ("/verificationMaterial/publicKey/hint", "a hint at the key that the user has named"),
    (
        CHECKPOINT,
        "further signatures, as witnesses give them, are by keys that no trusted root has",
    ),
    (TIMESTAMPS, "all of them may be absent where a log has proven the time"),
    (LIST, "each is proven by itself, and one that is absent proves nothing"),
    (STATUS, "granted, or granted with changes: it is not signed"),
    (token!(""), "the authority's certificates may be absent"),
    (token!("/3/"), "the authority's certificate is taken from the trusted root instead"),
];

const CHECKPOINT: &str = "/verificationMaterial/tlogEntries/*/inclusionProof/checkpoint/envelope";
const TIMESTAMPS: &str = "/verificationMaterial/timestampVerificationData";
const STATUS: &str = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/*/\
                      signedTimestamp#/0/0/";
const LIST: &str = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";

/// What the list calls a place at which two bundles differ (see [`crate::places`]), if it has it: both
/// prove the same.
pub fn unsigned(place: &str) -> Option<&'static str> {
    let is = |known: &str| {
        place == known || known.ends_with('/') && format!("{place}/").starts_with(known)
    };
    UNSIGNED.iter().map(|(known, _)| *known).find(|known| is(known))
}
