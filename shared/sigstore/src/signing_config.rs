//! Which services a run signs with: read from a signing configuration (sigstore protobuf-specs,
//! `SigningConfig` v0.2), which a Sigstore instance publishes beside its trusted root.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pysign_host::{FileError, Host, read_named};
use pysign_http::{Client, Url};
use sigstore_verify::trust_root::{ServiceConfiguration, ServiceEndpoint, ServiceSelector};

use crate::error::Cause;
use crate::rekor::{LogService, LogVersion};
use crate::tuf::{self, SIGNING_CONFIG};
use crate::{TrustError, TrustSource, TrustedRoot};

/// The public instance's has 3 kB; a file of a megabyte is something else.
const MAX_CONFIG: u64 = 1 << 20;

/// The services that one run uses.
#[derive(Clone, Debug)]
pub struct Services {
    /// The certificate authority, which speaks Fulcio's v2 API (called version 1 in the file).
    pub fulcio: Url,
    /// The transparency log.
    pub log: LogService,
    /// The log for what has no place for a timestamp, which is a PEP 740 attestation: one of version
    /// 1, which says the time itself.
    pub log_v1: Option<LogService>,
    /// The timestamp authority: the address that takes RFC 3161 queries.
    pub timestamp: Option<Url>,
}

/// Services that the user names.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// The certificate authority.
    pub fulcio: Option<Url>,
    /// The transparency log.
    pub log: Option<Url>,
    /// The timestamp authority.
    pub timestamp: Option<Url>,
}

impl Chosen {
    /// The services without a signing configuration, which has nothing to say of the log's version
    /// then: it is 1. There is no signing without authority and log.
    pub fn alone(&self) -> Option<Services> {
        let log = LogService { url: self.log.clone()?, version: LogVersion::V1 };
        Some(Services {
            fulcio: self.fulcio.clone()?,
            log_v1: Some(log.clone()),
            log,
            timestamp: self.timestamp.clone(),
        })
    }
}

/// A parsed signing configuration.
#[derive(Debug)]
pub struct SigningConfig {
    file: PathBuf,
    config: sigstore_verify::trust_root::SigningConfig,
}

impl SigningConfig {
    /// The signing configuration of `source`: a file, or what a repository vouches for, as
    /// [`TrustedRoot::load`] gets it.
    pub fn load(
        source: &TrustSource,
        client: &Client,
        host: &Host,
    ) -> Result<Self, SigningConfigError> {
        match source {
            TrustSource::File(file) => {
                let bytes = read_named(file, MAX_CONFIG).map_err(SigningConfigError::File)?;
                Self::parse(file, &bytes)
            }
            TrustSource::Tuf(source) => {
                let [config] = tuf::targets(source, [SIGNING_CONFIG], client, host)?;
                Self::parse(&config.name, &config.bytes)
            }
        }
    }

    /// The signing configuration of `source`, and the trusted root of `trust`: if they are of one
    /// repository, both of one refresh.
    pub fn load_with_root(
        source: &TrustSource,
        trust: &TrustSource,
        client: &Client,
        host: &Host,
    ) -> Result<(TrustedRoot, Self), SigningConfigError> {
        if let TrustSource::Tuf(repository) = source
            && source == trust
        {
            let names = [tuf::TRUSTED_ROOT, SIGNING_CONFIG];
            let [root, config] = tuf::targets(repository, names, client, host)?;
            let root = TrustedRoot::parse(root.name, root.source, &root.bytes);
            return Ok((
                root.map_err(TrustError::from)?,
                Self::parse(&config.name, &config.bytes)?,
            ));
        }
        let root = TrustedRoot::load(trust, client, host)?;
        Ok((root, Self::load(source, client, host)?))
    }

    fn parse(file: &Path, bytes: &[u8]) -> Result<Self, SigningConfigError> {
        let malformed = |cause: Cause| SigningConfigError::Malformed { file: file.into(), cause };
        let text = std::str::from_utf8(bytes).map_err(|cause| malformed(cause.into()))?;
        let config = sigstore_verify::trust_root::SigningConfig::from_json(text)
            .map_err(|cause| malformed(cause.into()))?;
        Ok(Self { file: file.into(), config })
    }

    /// The services to use at `now`: those that are `chosen`; else, of those whose validity
    /// includes it, the highest version that is spoken here, and of these the one that was put into
    /// service last.
    pub fn services(
        &self,
        now: SystemTime,
        chosen: &Chosen,
    ) -> Result<Services, SigningConfigError> {
        let logs = &self.config.rekor_tlog_urls;
        let log_of = |versions| self.newest("rekorTlogUrls", logs, versions, now);
        let fulcio = match &chosen.fulcio {
            Some(url) => url.clone(),
            None => self
                .newest("caUrls", &self.config.ca_urls, &[1], now)?
                .map(|(url, _)| url)
                .ok_or_else(|| self.none("certificate authority"))?,
        };
        let (log, log_v1) = if let Some(url) = &chosen.log {
            let log = LogService { url: url.clone(), version: self.version_of(url) };
            let is_v1 = log.version == LogVersion::V1;
            (log.clone(), Some(log).filter(|_| is_v1))
        } else {
            self.one_suffices("rekorTlogConfig", &self.config.rekor_tlog_config, logs)?;
            let log = log_of(&[2, 1])?.ok_or_else(|| self.none("transparency log"))?;
            (log_service(log), log_of(&[1])?.map(log_service))
        };
        let timestamp = self.timestamp(now, chosen)?;
        if log.version == LogVersion::V2 && timestamp.is_none() {
            return Err(self.none("timestamp authority, which a log of version 2 needs"));
        }
        Ok(Services { fulcio, log, log_v1, timestamp })
    }

    fn timestamp(
        &self,
        now: SystemTime,
        chosen: &Chosen,
    ) -> Result<Option<Url>, SigningConfigError> {
        if chosen.timestamp.is_some() {
            return Ok(chosen.timestamp.clone());
        }
        let listed = &self.config.tsa_urls;
        self.one_suffices("tsaConfig", &self.config.tsa_config, listed)?;
        Ok(self.newest("tsaUrls", listed, &[1], now)?.map(|(url, _)| url))
    }

    /// The version of a log that the user names: as it is listed, valid or not; one that is not
    /// listed is of version 1.
    fn version_of(&self, log: &Url) -> LogVersion {
        let is_it = |one: &&ServiceEndpoint| one.url.parse().is_ok_and(|url: Url| url == *log);
        match self.config.rekor_tlog_urls.iter().find(is_it) {
            Some(one) if one.major_api_version == 2 => LogVersion::V2,
            _ => LogVersion::V1,
        }
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

fn log_service((url, version): (Url, u32)) -> LogService {
    let version = if version == 2 { LogVersion::V2 } else { LogVersion::V1 };
    LogService { url, version }
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
        cause: Cause,
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
    /// Nobody vouches for it.
    Trust(TrustError),
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

impl From<TrustError> for SigningConfigError {
    fn from(error: TrustError) -> Self {
        Self::Trust(error)
    }
}

pysign_host::problem! { SigningConfigError {
    Self::Malformed { file, cause } => Input "signing-config-malformed"
        ("'{}' is not a signing configuration of version 0.2", file.display()),
        file(file), cause(&**cause);
    Self::NoService { file, service } => Input "signing-config-no-service"
        ("'{}' lists no usable {service}", file.display()),
        file(file);
    Self::Selector { file, field } => Input "signing-config-selector"
        ("'{}' asks for more than one service in '{field}'", file.display()),
        file(file), hint(match *field {
            "rekorTlogConfig" => "to choose one: --rekor-url URL",
            _ => "to choose one: --tsa-url URL",
        });
    Self::Url { file, field, url } => Input "signing-config-malformed"
        ("'{}' has an unusable address in '{field}': '{url}'", file.display()),
        file(file);
} from {
    Self::File(error) => error;
    Self::Trust(error) => error;
} }

#[cfg(test)]
mod tests;
