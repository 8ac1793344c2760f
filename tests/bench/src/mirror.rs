//! What is looked at: a mirror of many projects with a signed wheel each, every one by a certificate
//! of its own, as a package index has them after years of CI jobs; and one large file.

use std::error::Error;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use pysign_host::{HashingReader, Sha256};
use pysign_sandbox::{Forge, Sandbox};
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The files, and whom they are signed by.
pub(crate) struct Mirror {
    pub(crate) directory: PathBuf,
    pub(crate) count: u32,
    pub(crate) identity: String,
    pub(crate) issuer: String,
}

impl Mirror {
    /// Makes the files in a new directory: wheels, their bundles and `manifest.json`, `large.bin`
    /// with its bundle, and what the clients take their trust from.
    pub(crate) fn make(directory: &Path, count: u32) -> Result<Self, Box<dyn Error>> {
        fs::create_dir(directory)?;
        let sandbox = Sandbox::start()?;
        let artifacts = (0..count).map(|number| artifact(&sandbox, number, directory));
        let artifacts: Vec<Value> = artifacts.collect::<Result<_, _>>()?;
        let manifest = json!({"schema": "pysign-manifest/1", "artifacts": artifacts});
        fs::write(directory.join("manifest.json"), format!("{manifest}\n"))?;
        large_file(&sandbox, directory)?;
        for name in ["trusted_root.json", "trust_config.json"] {
            fs::copy(sandbox.directory().join(name), directory.join(name))?;
        }
        let (identity, issuer) = signer(&sandbox)?;
        Ok(Self { directory: directory.to_owned(), count, identity, issuer })
    }

    /// The name of a project's wheel.
    pub(crate) fn wheel(number: u32) -> String {
        format!("project_{number}-1.0.0-py3-none-any.whl")
    }
}

/// The bytes of the large file.
pub(crate) const LARGE: u64 = 1 << 30;

/// A GiB that takes no space on the disk: nothing but zeros.
fn large_file(sandbox: &Sandbox, directory: &Path) -> Result<(), Box<dyn Error>> {
    let path = directory.join("large.bin");
    fs::File::create(&path)?.set_len(LARGE)?;
    let mut reader = HashingReader::new(fs::File::open(&path)?, LARGE);
    std::io::copy(&mut reader, &mut std::io::sink())?;
    let (digest, _) = reader.finish();
    let bundle = sandbox.forge(&Forge::digest(*digest.as_bytes()))?.bundle()?;
    Ok(fs::write(directory.join("large.bin.sigstore.json"), bundle.to_string())?)
}

/// Whom the sandbox's job signs as.
fn signer(sandbox: &Sandbox) -> Result<(String, String), String> {
    let env = sandbox.env();
    let value = |name: &str| {
        let found = env.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value).ok_or_else(|| format!("the job has no {name}"))
    };
    let project = format!("https://{}/{}", value("CI_SERVER_FQDN")?, value("CI_PROJECT_PATH")?);
    let branch = value("CI_DEFAULT_BRANCH")?;
    let identity = format!("{project}//.gitlab-ci.yml@refs/heads/{branch}");
    Ok((identity, value("CI_SERVER_URL")?.clone()))
}

/// Writes a project's wheel with its bundle, and gives its place in the manifest.
fn artifact(sandbox: &Sandbox, number: u32, directory: &Path) -> Result<Value, Box<dyn Error>> {
    let filename = Mirror::wheel(number);
    let wheel = wheel(&format!("project_{number}"))?;
    let bundle = sandbox.forge(&Forge::file(&wheel))?.bundle()?.to_string();
    let bundle_name = format!("{filename}.sigstore.json");
    fs::write(directory.join(&filename), &wheel)?;
    fs::write(directory.join(&bundle_name), &bundle)?;
    let digests = |bytes: &[u8]| json!({"sha256": Sha256::of(bytes).to_string()});
    Ok(json!({
        "filename": filename,
        "path": filename,
        "kind": "wheel",
        "project": format!("project-{number}"),
        "version": "1.0.0",
        "size": wheel.len(),
        "digests": digests(&wheel),
        "signatures": [{"kind": "bundle", "files": [
            {"role": "bundle", "path": bundle_name, "digests": digests(bundle.as_bytes())},
        ]}],
    }))
}

/// A wheel of some kilobytes, as most pure ones are small.
fn wheel(name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let info = format!("{name}-1.0.0.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n");
    let tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    let code = "value = 1\n".repeat(1000);
    let mut record = String::new();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in [
        (format!("{name}/__init__.py"), code),
        (format!("{info}/METADATA"), metadata),
        (format!("{info}/WHEEL"), tags.to_owned()),
    ] {
        zip.start_file(&path, SimpleFileOptions::default())?;
        zip.write_all(text.as_bytes())?;
        record.extend([path.as_str(), ",,\n"]);
    }
    let path = format!("{info}/RECORD");
    record.extend([path.as_str(), ",,\n"]);
    zip.start_file(path, SimpleFileOptions::default())?;
    zip.write_all(record.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}
