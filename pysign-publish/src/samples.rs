//! What the tests of this crate publish. The bundles in `samples/` were made by `pysign-sign` in
//! the sandbox: `wheel` and `wheel-again` by one signer for the bytes "wheel", `sdist` for "sdist".

use std::path::PathBuf;

use pysign_archive::{Headers, Metadata};
use pysign_host::Sha256;
use pysign_manifest::{Role, SignatureKind};
use pysign_names::DistName;

use crate::release::{Package, Release};
use crate::sidecar::SidecarFile;

pub(crate) const WHEEL: &[u8] = include_bytes!("samples/wheel.sigstore.json");
pub(crate) const WHEEL_AGAIN: &[u8] = include_bytes!("samples/wheel-again.sigstore.json");
pub(crate) const WHEEL_OTHER_SIGNER: &[u8] =
    include_bytes!("samples/wheel-other-signer.sigstore.json");
pub(crate) const WHEEL_SIGNATURE: &[u8] = include_bytes!("samples/wheel.sig");
pub(crate) const WHEEL_CERTIFICATE: &[u8] = include_bytes!("samples/wheel.crt");
pub(crate) const SDIST: &[u8] = include_bytes!("samples/sdist.sigstore.json");

/// Both packages of a version of `demo`, each with its bundle.
pub(crate) fn release(version: &str) -> Release {
    let wheel = package(&format!("demo-{version}-py3-none-any.whl"), b"wheel");
    let sdist = package(&format!("demo-{version}.tar.gz"), b"sdist");
    let signed = |(artifact, (package, bundle)): (usize, (Package, &[u8]))| {
        let mut package = Package { artifact, signed: true, ..package };
        package.sidecars = vec![sidecar(&package, Role::Bundle, ".sigstore.json", bundle)];
        package
    };
    let packages = [(wheel, WHEEL), (sdist, SDIST)].into_iter().enumerate();
    Release {
        project: "demo".parse().unwrap(),
        version: version.parse().unwrap(),
        packages: packages.map(signed).collect(),
    }
}

/// A package without signatures, which is nowhere.
pub(crate) fn package(name: &str, bytes: &[u8]) -> Package {
    let name: DistName = name.parse().unwrap();
    let metadata = Metadata {
        project: name.project().clone(),
        version: name.version().clone(),
        headers: Headers::parse("Metadata-Version: 2.1\nName: demo\nRequires-Python: >=3.9\n")
            .unwrap(),
    };
    Package {
        artifact: 0,
        path: PathBuf::from(name.as_str()),
        name,
        sha256: Sha256::of(bytes),
        size: bytes.len().try_into().unwrap(),
        metadata,
        sidecars: Vec::new(),
        signed: false,
    }
}

/// A file of a signature of `package`.
pub(crate) fn sidecar(package: &Package, role: Role, suffix: &str, bytes: &[u8]) -> SidecarFile {
    let filename = format!("{}{suffix}", package.name);
    SidecarFile {
        project: package.name.project().clone(),
        version: package.name.version().clone(),
        bytes: bytes.to_vec(),
        path: filename.clone().into(),
        filename,
        artifacts: vec![package.artifact],
        part: Some(match role {
            Role::Bundle => (SignatureKind::Bundle, role),
            _ => (SignatureKind::Pair, role),
        }),
    }
}
