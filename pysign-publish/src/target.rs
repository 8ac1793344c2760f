//! What a place to publish to must be able to do.

use std::collections::BTreeMap;

use pysign_host::Failure;
use pysign_index::{File, Page};
use pysign_manifest::ProjectName;

use crate::release::Package;
use crate::sidecar::SidecarFile;
use crate::step::{Found, Item};

/// A place that releases are published to.
pub(crate) trait Target {
    /// What the manifest calls it.
    fn kind(&self) -> &str;

    /// Whether it takes sidecars and markers; if not, it gets packages alone.
    fn takes_sidecars(&self) -> bool {
        true
    }

    /// Where the item is, or will be, as far as that is known beforehand.
    fn url(&self, item: &Item<'_>) -> String;

    /// Where its readers see the item.
    fn shown_at(&self, item: &Item<'_>) -> String {
        self.url(item)
    }

    /// What it holds under the names of `packages`: one answer for each, in their order.
    fn look_up(&self, packages: &[&Package]) -> Result<Vec<Found>, Failure>;

    /// The bytes under the name of a sidecar.
    fn read(&self, file: &SidecarFile) -> Result<Option<Vec<u8>>, Failure>;

    /// Sends one item. A failure leaves open whether it arrived: look it up.
    fn send(&self, item: &Item<'_>) -> Result<(), Failure>;

    /// Shows `packages` to its readers, if sending alone doesn't.
    fn list(&self, _packages: &[&Package]) -> Result<(), Failure> {
        Ok(())
    }
}

/// Each of `packages` with the entry that its project's page has for it. A page is asked for once.
pub(crate) fn listed<'p>(
    packages: &[&'p Package],
    ask: impl Fn(&ProjectName) -> Result<Option<Page>, Failure>,
) -> Result<Vec<(&'p Package, Option<File>)>, Failure> {
    let mut pages: BTreeMap<&ProjectName, Option<Page>> = BTreeMap::new();
    for project in packages.iter().map(|package| package.name.project()) {
        if !pages.contains_key(project) {
            pages.insert(project, ask(project)?);
        }
    }
    let listed = packages.iter().map(|package| {
        let page = pages.get(package.name.project()).and_then(Option::as_ref);
        let mut files = page.into_iter().flat_map(|page| &page.files);
        (*package, files.find(|file| file.filename == package.name).cloned())
    });
    Ok(listed.collect())
}
