//! Which Sigstore instance signs: its trusted root, and its services.

use pysign_cli::{Flag, Matches, Repeat, Usage, trust};
use pysign_host::{Failure, Host};
use pysign_http::Client;
use pysign_sigstore::signing_config::{Chosen, Services, SigningConfig};
use pysign_sigstore::{TrustSource, TrustedRoot};

pub(crate) const SIGNING_CONFIG: Flag = Flag {
    name: "signing-config",
    short: None,
    value: Some("FILE"),
    repeat: Repeat::Last,
    about: "The services to sign with, as a Sigstore instance publishes them",
    detail: "A SigningConfig of version 0.2, in the place of the one that the instance publishes by \
             TUF; whose it is must be said: --trusted-root, --staging or --tuf-url. Of the services \
             that are valid now the highest version is used, and of these the newest.",
};

pub(crate) const TRUSTED_ROOT: Flag = Flag {
    about: "The keys and certificates to verify the services' answers with",
    detail: "A TrustedRoot of the instance. What can't be verified with it is not written. Without \
             it and the next three, trusted root and services are those of the public Sigstore \
             instance, by TUF.",
    ..trust::TRUSTED_ROOT
};

pub(crate) const STAGING: Flag = Flag {
    about: "Use the public instance for trying things, and not the real one",
    detail: "What is signed there nobody else trusts.",
    ..trust::STAGING
};

pub(crate) const TUF_URL: Flag = Flag {
    about: "Use the instance that this TUF repository vouches for",
    detail: "Its targets trusted_root.json and signing_config.v0.2.json name whom to trust and what \
             to sign with. They are fetched at most once a day, and verified each time: signatures, \
             versions, expiry, hashes. It needs --tuf-root.",
    ..trust::TUF_URL
};

pub(crate) const TUF_ROOT: Flag = trust::TUF_ROOT;

pub(crate) const FULCIO_URL: Flag = Flag {
    name: "fulcio-url",
    short: None,
    value: Some("URL"),
    repeat: Repeat::Last,
    about: "The certificate authority, in the place of the signing configuration's",
    detail: "Its base address; it must speak Fulcio's v2 API. The identity token is sent there.",
};

pub(crate) const REKOR_URL: Flag = Flag {
    name: "rekor-url",
    short: None,
    value: Some("URL"),
    repeat: Repeat::Last,
    about: "The transparency log, in the place of the signing configuration's",
    detail: "One that the signing configuration lists is spoken to in the version that is listed \
             there, whether it would be chosen or not; any other is Rekor v1. With --trusted-root, \
             it and --fulcio-url stand for a whole signing configuration.",
};

pub(crate) const TSA_URL: Flag = Flag {
    name: "tsa-url",
    short: None,
    value: Some("URL"),
    repeat: Repeat::Last,
    about: "The timestamp authority, in the place of the signing configuration's",
    detail: "The address that takes RFC 3161 queries.",
};

/// An instance as it was named.
#[derive(Debug)]
pub(crate) struct Instance {
    trust: TrustSource,
    services: Named,
}

/// How the services were named.
#[derive(Debug)]
enum Named {
    /// By a signing configuration, and some by themselves.
    Config(TrustSource, Chosen),
    /// Each by itself.
    Urls(Services),
}

impl Instance {
    pub(crate) fn from(m: &Matches) -> Result<Self, Usage> {
        let trust = m.trust()?;
        let trust = TrustSource::new(trust.file, trust.staging, trust.repository);
        let config = m.path("signing-config").map(TrustSource::File);
        let chosen = Chosen {
            fulcio: m.parse("fulcio-url")?,
            log: m.parse("rekor-url")?,
            timestamp: m.parse("tsa-url")?,
        };
        if config.is_some() && trust == TrustSource::new(None, false, None) {
            return Err(Usage::missing("--trusted-root FILE", "--trusted-root trusted_root.json"));
        }
        let services = match (config, &trust) {
            (Some(config), _) => Named::Config(config, chosen),
            (None, TrustSource::Tuf(_)) => Named::Config(trust.clone(), chosen),
            (None, TrustSource::File(_)) => Named::Urls(chosen.alone().ok_or_else(|| {
                Usage::missing(
                    "--signing-config FILE, or --fulcio-url URL and --rekor-url URL",
                    "--signing-config signing_config.json",
                )
            })?),
        };
        Ok(Self { trust, services })
    }

    /// Whom to trust and what to sign with now.
    pub(crate) fn load(
        &self,
        client: &Client,
        host: &Host,
    ) -> Result<(TrustedRoot, Services), Failure> {
        match &self.services {
            Named::Config(config, chosen) => {
                let (root, config) =
                    SigningConfig::load_with_root(config, &self.trust, client, host)?;
                Ok((root, config.services(host.clock.now(), chosen)?))
            }
            Named::Urls(services) => {
                Ok((TrustedRoot::load(&self.trust, client, host)?, services.clone()))
            }
        }
    }
}
