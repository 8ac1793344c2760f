//! A GitLab job with a whole Sigstore on one machine, for tests.
//!
//! A [`Sandbox`] is Fulcio with its CT log, Rekor in both versions, a time-stamp authority, a TUF
//! repository, the OIDC issuers, GitLab's two package registries with an object store on another origin, and a
//! public index. Each checks what the real one checks: nothing here accepts what production would
//! refuse. What goes wrong is asked for by [`Sandbox::fault`], in the grammar of the module
//! `fault`.
//!
//! Its keys are made at start and gone at the end; all of it listens on the loopback interface.

mod claims;
mod clock;
mod command;
mod ct;
mod environment;
mod error;
pub mod fault;
mod forge;
mod fulcio;
mod gitlab;
mod gitlab_generic;
mod gitlab_packages;
mod gitlab_pypi;
mod http;
mod identity;
mod job;
mod lie;
mod log;
mod merkle;
mod multipart;
mod oidc;
mod pki;
mod public;
mod record;
mod rekor;
mod rekor2;
mod rekor_entry;
mod reply;
mod sandbox;
mod server;
mod setup;
mod simple;
mod storage;
mod systems;
mod tokens;
mod trust;
mod tsa;
mod tuf;
mod tuf_delegation;
mod tuf_lie;
mod tuf_metadata;
mod wire;
mod world;

pub use claims::TokenClaims;
pub use command::main;
pub use error::Error;
pub use forge::{Forge, Forged, KeyKind, Leaf};
pub use record::Exchange;
pub use sandbox::Sandbox;
pub use setup::Setup;
