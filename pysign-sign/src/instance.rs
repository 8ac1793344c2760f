//! Which Sigstore instance signs: its trusted root, and its services.

use pysign_cli::{Flag, Matches, Usage, trust};
use pysign_host::{Failure, Host};
use pysign_http::Client;
use pysign_sigstore::signing_config::{Chosen, Services, SigningConfig};
use pysign_sigstore::{TrustSource, TrustedRoot};

pub(crate) const SIGNING_CONFIG: Flag = Flag {
    name: "signing-config",
    value: Some("FILE"),
    about: "The services to sign with, as a Sigstore instance publishes them",
    detail: "A SigningConfig v0.2, used instead of the one that the instance publishes by TUF. \
             --trusted-root, --staging or --tuf-url must say which instance it belongs to. Of the \
             services that are valid now the highest version is used, and of these the newest.",
    ..Flag::PLAIN
};

pub(crate) const TRUSTED_ROOT: Flag = Flag {
    about: "The keys and certificates to verify the services' answers with",
    detail: "The instance's TrustedRoot. A signature that does not verify with it is not written. \
             Without this flag, --staging and --tuf-url, the public Sigstore instance is used, by \
             TUF.",
    ..trust::TRUSTED_ROOT
};

pub(crate) const STAGING: Flag = Flag {
    about: "Use the public staging instance, for experiments",
    detail: "No one else trusts its signatures.",
    ..trust::STAGING
};

pub(crate) const TUF_URL: Flag = Flag {
    about: "Use the Sigstore instance of this TUF repository",
    detail: "Its targets trusted_root.json and signing_config.v0.2.json name the keys to trust and \
             the services to use. They are fetched at most once a day and verified each time: \
             signatures, versions, expiry, hashes. Needs --tuf-root.",
    ..trust::TUF_URL
};

pub(crate) const TUF_ROOT: Flag = trust::TUF_ROOT;

pub(crate) const FULCIO_URL: Flag = Flag {
    name: "fulcio-url",
    value: Some("URL"),
    about: "The certificate authority, instead of the signing configuration's",
    detail: "Its base address; it must speak Fulcio's v2 API. The identity token is sent there.",
    ..Flag::PLAIN
};

pub(crate) const REKOR_URL: Flag = Flag {
    name: "rekor-url",
    value: Some("URL"),
    about: "The transparency log, instead of the signing configuration's",
    detail: "If the signing configuration lists the log, its API version is taken from there; any \
             other log is Rekor v1. With --trusted-root, this and --fulcio-url replace a signing \
             configuration.",
    ..Flag::PLAIN
};

pub(crate) const TSA_URL: Flag = Flag {
    name: "tsa-url",
    value: Some("URL"),
    about: "The timestamp authority, instead of the signing configuration's",
    detail: "The address that takes RFC 3161 queries.",
    ..Flag::PLAIN
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
