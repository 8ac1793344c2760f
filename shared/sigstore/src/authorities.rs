//! When the authorities of a trusted root could certify: no longer than their own certificates say.
//! The library takes every certificate of an authority as an anchor, and of an anchor it knows only
//! the window that the trusted root gives; but an intermediate that has ended certifies nothing
//! (RFC 5280 §6.1.3).

use der::Decode as _;
use jiff::Timestamp;
use sigstore_verify::trust_root;
use sigstore_verify::types::TimeRange;
use x509_cert::Certificate;
use x509_cert::time::Time;

use crate::error::Cause;

/// Ends each authority's window where the first of its certificates does, and begins it with the
/// last. An authority that is left without one is an error.
pub(crate) fn narrow(root: &mut trust_root::TrustedRoot) -> Result<(), Cause> {
    let fulcio = root.certificate_authorities.iter_mut();
    let fulcio = fulcio.map(|one| (&one.cert_chain, &mut one.valid_for));
    let stamping = root.timestamp_authorities.iter_mut();
    let stamping = stamping.map(|one| (&one.cert_chain, &mut one.valid_for));
    for (chain, window) in fulcio.chain(stamping) {
        for certificate in &chain.certificates {
            let own = validity(certificate.raw_bytes.as_bytes())?;
            *window = Some(window.map_or(own, |window| common(window, own)));
        }
        if window.is_some_and(|window| window.end.is_some_and(|end| end < window.start)) {
            return Err("the certificates of an authority were never valid at the same time".into());
        }
    }
    Ok(())
}

fn validity(der: &[u8]) -> Result<TimeRange, Cause> {
    let validity = Certificate::from_der(der)?.tbs_certificate.validity;
    Ok(TimeRange::new(timestamp(validity.not_before)?, Some(timestamp(validity.not_after)?)))
}

fn timestamp(time: Time) -> Result<Timestamp, Cause> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs())?;
    Ok(Timestamp::from_second(seconds)?)
}

/// The time that is in both windows.
fn common(one: TimeRange, other: TimeRange) -> TimeRange {
    let end = match (one.end, other.end) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    TimeRange::new(one.start.max(other.start), end)
}
