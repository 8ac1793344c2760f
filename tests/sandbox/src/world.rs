//! All services together, and who answers a request.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Error;
use crate::clock::Clock;
use crate::ct::CtLog;
use crate::fault::{Faults, Service};
use crate::fulcio::Fulcio;
use crate::gitlab::{GitLab, Options};
use crate::http::{Refused, Request, Response};
use crate::job::Job;
use crate::oidc::Oidc;
use crate::pki::random;
use crate::public::PublicIndex;
use crate::record::Record;
use crate::rekor::Rekor;
use crate::rekor2::Rekor2;
use crate::storage::Storage;
use crate::tsa::Tsa;
use crate::tuf::Tuf;

/// The origins, each without `/` at its end.
pub(crate) struct Urls {
    pub(crate) ct: String,
    pub(crate) fulcio: String,
    pub(crate) gitlab: String,
    pub(crate) public: String,
    pub(crate) rekor: String,
    pub(crate) rekor2: String,
    pub(crate) storage: String,
    pub(crate) tsa: String,
    pub(crate) tuf: String,
}

impl Urls {
    /// Where the time-stamp authority takes queries.
    pub(crate) fn tsa(&self) -> String {
        format!("{}{}", self.tsa, Tsa::PATH)
    }
}

/// The services of one sandbox.
pub(crate) struct World {
    pub(crate) urls: Urls,
    pub(crate) job: Arc<Job>,
    pub(crate) faults: Faults,
    pub(crate) record: Record,
    pub(crate) oidc: Arc<Oidc>,
    pub(crate) ct: Arc<CtLog>,
    pub(crate) fulcio: Fulcio,
    pub(crate) rekor: Rekor,
    pub(crate) rekor2: Rekor2,
    pub(crate) tsa: Tsa,
    pub(crate) tuf: Tuf,
    gitlab: GitLab,
    storage: Arc<Storage>,
    public: PublicIndex,
    clocks: BTreeMap<Service, Clock>,
}

impl World {
    pub(crate) fn new(
        urls: Urls,
        job: Arc<Job>,
        options: Options,
        record: Record,
    ) -> Result<Self, Error> {
        let clocks: BTreeMap<_, _> =
            Service::ALL.iter().map(|(service, _)| (*service, Clock::default())).collect();
        let clock = |service| clocks.get(&service).cloned().unwrap_or_default();
        let request_token = hex::encode(random::<16>()?);
        let oidc = Arc::new(Oidc::new(Arc::clone(&job), clock(Service::Oidc), request_token)?);
        let ct = Arc::new(CtLog::new(clock(Service::Ct))?);
        let fulcio = Fulcio::new(Arc::clone(&oidc), Arc::clone(&ct), clock(Service::Fulcio))?;
        let storage = Arc::new(Storage::new(urls.storage.clone()));
        let forward_to = urls.public.clone();
        Ok(Self {
            faults: Faults::default(),
            record,
            oidc,
            ct,
            fulcio,
            rekor: Rekor::new(clock(Service::Rekor))?,
            rekor2: Rekor2::new(clock(Service::Rekor2))?,
            tsa: Tsa::new(clock(Service::Tsa))?,
            tuf: Tuf::new(clock(Service::Tuf))?,
            gitlab: GitLab::new(Arc::clone(&job), Arc::clone(&storage), options, forward_to),
            storage,
            public: PublicIndex::new(urls.public.clone(), job.private_token.clone()),
            clocks,
            urls,
            job,
        })
    }

    /// A service's clock; registries have none that anyone sees.
    pub(crate) fn clock(&self, service: Service) -> Clock {
        self.clocks.get(&service).cloned().unwrap_or_default()
    }

    /// What a service answers when nothing is wrong with it.
    pub(crate) fn answer(&self, service: Service, request: &Request) -> Response {
        let reply = match service {
            Service::Oidc => self.oidc.answer(request),
            Service::Fulcio => self.fulcio.answer(request),
            Service::Ct => self.ct.answer(request),
            Service::Rekor => self.rekor.answer(request),
            Service::Rekor2 => self.rekor2.answer(request),
            Service::Tsa => self.tsa.answer(request),
            Service::Tuf => Ok(self.tuf.answer(request)),
            Service::Index | Service::Pypi | Service::Generic | Service::Packages => {
                self.gitlab.answer(request)
            }
            Service::Storage => Ok(self.storage.answer(request)),
            Service::Public => self.public.answer(request),
        };
        reply.unwrap_or_else(|refused| refusal(service, &refused))
    }
}

/// A refusal in the form of the service's errors.
pub(crate) fn refusal(service: Service, Refused(message): &Refused) -> Response {
    /// gRPC's `INVALID_ARGUMENT`.
    const INVALID_ARGUMENT: u8 = 3;
    match service {
        Service::Fulcio | Service::Rekor2 => Response::grpc(400, INVALID_ARGUMENT, message),
        Service::Ct | Service::Rekor | Service::Tsa => Response::problem(400, message),
        _ => Response::message(400, message),
    }
}
