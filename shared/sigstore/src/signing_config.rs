//! Which services a run signs with: read from a signing configuration (sigstore protobuf-specs,
//! `SigningConfig` v0.2), which a Sigstore instance publishes beside its trusted root.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pysign_host::{FileError, Problem, Status, read_named};
use pysign_http::Url;
use sigstore_verify::trust_root::{ServiceConfiguration, ServiceEndpoint, ServiceSelector};

use crate::rekor::{LogService, LogVersion};

/// The public instance's has 3 kB; a file of a megabyte is something else.
const MAX_CONFIG: u64 = 1 << 20;

/// The services that one run uses.
#[derive(Clone, Debug)]
pub struct Services {
    /// The certificate authority, which speaks Fulcio's v2 API (called version 1 in the file).
    pub fulcio: Url,
    /// The transparency log.
    pub log: LogService,
    /// The timestamp authority: the address that takes RFC 3161 queries.
    pub timestamp: Option<Url>,
}

/// A parsed signing configuration.
#[derive(Debug)]
pub struct SigningConfig {
    file: PathBuf,
    config: sigstore_verify::trust_root::SigningConfig,
}

impl SigningConfig {
    /// Reads `file`.
    pub fn load(file: &Path) -> Result<Self, SigningConfigError> {
        let bytes = read_named(file, MAX_CONFIG).map_err(SigningConfigError::File)?;
        Self::parse(file, &bytes)
    }

    fn parse(file: &Path, bytes: &[u8]) -> Result<Self, SigningConfigError> {
        let malformed = |cause: Box<dyn Error + Send + Sync>| SigningConfigError::Malformed {
            file: file.into(),
            cause,
        };
        let text = std::str::from_utf8(bytes).map_err(|cause| malformed(cause.into()))?;
        let config = sigstore_verify::trust_root::SigningConfig::from_json(text)
            .map_err(|cause| malformed(cause.into()))?;
        Ok(Self { file: file.into(), config })
    }

    /// The services to use at `now`: of those whose validity includes it, the highest version that
    /// is spoken here, and of these the one that was put into service last.
    pub fn services(&self, now: SystemTime) -> Result<Services, SigningConfigError> {
        let config = &self.config;
        self.one_suffices("rekorTlogConfig", &config.rekor_tlog_config, &config.rekor_tlog_urls)?;
        self.one_suffices("tsaConfig", &config.tsa_config, &config.tsa_urls)?;
        let fulcio = self
            .newest("caUrls", &config.ca_urls, &[1], now)?
            .ok_or_else(|| self.none("certificate authority"))?;
        let log = self
            .newest("rekorTlogUrls", &config.rekor_tlog_urls, &[2, 1], now)?
            .ok_or_else(|| self.none("transparency log"))?;
        let timestamp = self.newest("tsaUrls", &config.tsa_urls, &[1], now)?;
        let version = if log.1 == 2 { LogVersion::V2 } else { LogVersion::V1 };
        if version == LogVersion::V2 && timestamp.is_none() {
            return Err(self.none("timestamp authority, which a log of version 2 needs"));
        }
        Ok(Services {
            fulcio: fulcio.0,
            log: LogService { url: log.0, version },
            timestamp: timestamp.map(|(url, _)| url),
        })
    }

    fn none(&self, service: &'static str) -> SigningConfigError {
        SigningConfigError::NoService { file: self.file.clone(), service }
    }

    /// The service to use and its version; `versions` are those spoken here, best first.
    fn newest(
        &self,
        field: &'static str,
        endpoints: &[ServiceEndpoint],
        versions: &[u32],
        now: SystemTime,
    ) -> Result<Option<(Url, u32)>, SigningConfigError> {
        let now = jiff::Timestamp::try_from(now).unwrap_or(jiff::Timestamp::MAX);
        let best = versions.iter().find_map(|version| {
            endpoints
                .iter()
                .filter(|one| one.major_api_version == *version && one.valid_for.contains(now))
                .max_by_key(|one| one.valid_for.start)
        });
        let Some(best) = best else { return Ok(None) };
        match best.url.parse() {
            Ok(url) => Ok(Some((url, best.major_api_version))),
            Err(_) => Err(SigningConfigError::Url {
                file: self.file.clone(),
                field,
                url: best.url.clone(),
            }),
        }
    }

    /// A run uses one service of each kind; a configuration that asks for more is refused.
    fn one_suffices(
        &self,
        field: &'static str,
        wanted: &ServiceConfiguration,
        listed: &[ServiceEndpoint],
    ) -> Result<(), SigningConfigError> {
        let enough = match wanted.selector {
            ServiceSelector::Any => true,
            ServiceSelector::Exact => wanted.count == Some(1),
            ServiceSelector::All => listed.len() <= 1,
            _ => false,
        };
        let refused = SigningConfigError::Selector { file: self.file.clone(), field };
        if enough { Ok(()) } else { Err(refused) }
    }
}

/// What can be wrong with a signing configuration.
#[derive(Debug)]
#[non_exhaustive]
pub enum SigningConfigError {
    /// The file can't be read.
    File(FileError),
    /// The file is no signing configuration of version 0.2.
    Malformed {
        /// The file.
        file: PathBuf,
        /// What the parser says.
        cause: Box<dyn Error + Send + Sync>,
    },
    /// No service of a kind is valid now and speaks a version known here.
    NoService {
        /// The file.
        file: PathBuf,
        /// The kind.
        service: &'static str,
    },
    /// It demands several services of one kind.
    Selector {
        /// The file.
        file: PathBuf,
        /// The member that demands it.
        field: &'static str,
    },
    /// A service's address is not one that may be used.
    Url {
        /// The file.
        file: PathBuf,
        /// The list it is in.
        field: &'static str,
        /// The address.
        url: String,
    },
}

impl SigningConfigError {
    /// Every code of this type, beside those of files.
    pub const CODES: &'static [&'static str] =
        &["signing-config-malformed", "signing-config-no-service", "signing-config-selector"];
}

impl fmt::Display for SigningConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Malformed { file, .. } => {
                write!(f, "'{}' is no signing configuration of version 0.2", file.display())
            }
            Self::NoService { file, service } => {
                write!(f, "'{}' names no usable {service}", file.display())
            }
            Self::Selector { file, field } => {
                write!(f, "'{}' asks in '{field}' for more than one service", file.display())
            }
            Self::Url { file, field, url } => {
                write!(f, "'{}' has in '{field}' the unusable address '{url}'", file.display())
            }
        }
    }
}

impl Error for SigningConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File(error) => error.source(),
            Self::Malformed { cause, .. } => Some(&**cause),
            _ => None,
        }
    }
}

impl Problem for SigningConfigError {
    fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Malformed { .. } | Self::Url { .. } => "signing-config-malformed",
            Self::NoService { .. } => "signing-config-no-service",
            Self::Selector { .. } => "signing-config-selector",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::File(error) => error.status(),
            _ => Status::Input,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::File(error) => error.file(),
            Self::Malformed { file, .. }
            | Self::NoService { file, .. }
            | Self::Selector { file, .. }
            | Self::Url { file, .. } => Some(file),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use serde_json::{Value, json};
    use sigstore_verify::trust_root::SIGNING_CONFIG_MEDIA_TYPE;

    fn service(url: &str, version: u32, start: u32) -> Value {
        json!({"url": url, "majorApiVersion": version, "operator": "a", "validFor":
            {"start": format!("{start}-01-01T00:00:00Z"), "end": "2030-01-01T00:00:00Z"}})
    }

    fn document() -> Value {
        json!({
            "mediaType": SIGNING_CONFIG_MEDIA_TYPE,
            "caUrls": [service("https://old.example", 1, 2020), service("https://ca.example", 1, 2021)],
            "rekorTlogUrls": [service("https://one.example", 1, 2022), service("https://two.example", 2, 2021)],
            "tsaUrls": [service("https://tsa.example/stamp", 1, 2020)],
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaConfig": {"selector": "EXACT", "count": 1},
        })
    }

    /// What is chosen at the start of 2026 after `change`.
    fn chosen(change: impl Fn(&mut Value)) -> Result<Services, SigningConfigError> {
        let mut document = document();
        change(&mut document);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        SigningConfig::parse(Path::new("c.json"), document.to_string().as_bytes())?.services(now)
    }

    #[test]
    fn the_highest_version_and_then_the_newest_service_is_chosen() {
        let services = chosen(|_| ()).unwrap();
        assert_eq!(services.fulcio.to_string(), "https://ca.example/");
        assert_eq!(services.log.url.to_string(), "https://two.example/");
        assert_eq!(services.log.version, LogVersion::V2);
        assert_eq!(services.timestamp.unwrap().to_string(), "https://tsa.example/stamp");
    }

    #[test]
    fn a_service_that_is_not_valid_yet_is_passed_over() {
        let services = chosen(|document| {
            document["rekorTlogUrls"][1] = service("https://two.example", 2, 2027);
        });
        assert_eq!(services.unwrap().log.version, LogVersion::V1);
    }

    #[test]
    fn a_version_that_is_not_spoken_here_is_passed_over() {
        let services = chosen(|document| {
            document["rekorTlogUrls"][1] = service("https://two.example", 3, 2021);
        });
        assert_eq!(services.unwrap().log.url.to_string(), "https://one.example/");
    }

    #[test]
    fn without_a_service_there_is_nothing_to_sign_with() {
        for list in ["caUrls", "rekorTlogUrls", "tsaUrls"] {
            let error = chosen(|document| document[list] = json!([])).unwrap_err();
            assert_eq!(error.code(), "signing-config-no-service", "{list}");
        }
    }

    #[test]
    fn a_log_of_version_1_needs_no_timestamps() {
        let services = chosen(|document| {
            document["tsaUrls"] = json!([]);
            document["rekorTlogUrls"][1] = json!(service("https://two.example", 3, 2021));
        });
        assert!(services.unwrap().timestamp.is_none());
    }

    #[test]
    fn more_than_one_service_of_a_kind_is_refused() {
        for wanted in [
            json!({"selector": "ALL"}),
            json!({"selector": "EXACT", "count": 2}),
            json!({"selector": "SERVICE_SELECTOR_UNDEFINED"}),
        ] {
            let error =
                chosen(|document| document["rekorTlogConfig"] = wanted.clone()).unwrap_err();
            assert_eq!(error.code(), "signing-config-selector", "{wanted}");
        }
        assert!(chosen(|document| document["tsaConfig"] = json!({"selector": "ALL"})).is_ok());
    }

    #[test]
    fn another_document_is_refused() {
        for change in [
            |document: &mut Value| document["mediaType"] = json!("application/json"),
            |document: &mut Value| document["caUrls"][0]["validFor"] = json!({}),
            |document: &mut Value| document["caUrls"][1]["url"] = json!("http://ca.example"),
        ] {
            assert_eq!(chosen(change).unwrap_err().code(), "signing-config-malformed");
        }
    }
}
