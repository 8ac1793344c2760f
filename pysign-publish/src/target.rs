//! What a place to publish to must be able to do.

use pysign_host::{Failure, Sha256};

use crate::release::{Beside, Package, Part};

/// Shows packages to installers.
pub(crate) trait Index {
    /// Where the package is, or will be, as far as that is known beforehand.
    fn place(&self, package: &Package) -> String;

    /// Where its readers see the package.
    fn shows(&self, package: &Package) -> String {
        self.place(package)
    }

    /// What it holds under the names of `packages`: one answer for each, in their order.
    fn look(&self, packages: &[&Package]) -> Result<Vec<Found>, Failure>;

    /// Sends one package. A failure leaves open whether it arrived: ask [`Index::look`].
    fn send(&self, package: &Package) -> Result<(), Failure>;

    /// Shows `packages` to its readers, if sending alone doesn't.
    fn settle(&self, _packages: &[&Package]) -> Result<(), Failure> {
        Ok(())
    }
}

/// Holds the small files that belong to packages.
pub(crate) trait Storage {
    /// Where the file is, or will be.
    fn place(&self, file: &Beside) -> String;

    /// The bytes under its name.
    fn read(&self, file: &Beside) -> Result<Option<Vec<u8>>, Failure>;

    /// Puts it there. A failure leaves open whether it arrived: ask [`Storage::read`].
    fn put(&self, file: &Beside) -> Result<(), Failure>;
}

/// A place that releases are published to.
pub(crate) struct Target<'c> {
    /// What the manifest calls it.
    pub(crate) kind: &'c str,
    pub(crate) index: Box<dyn Index + 'c>,
    /// Without one it takes packages alone.
    pub(crate) storage: Option<Box<dyn Storage + 'c>>,
}

/// One thing to publish.
#[derive(Clone, Debug)]
pub(crate) enum Item<'r> {
    Beside(Beside),
    Package(&'r Package),
}

impl<'r> Item<'r> {
    pub(crate) fn package(&self) -> Option<&'r Package> {
        match self {
            Self::Beside(_) => None,
            Self::Package(package) => Some(package),
        }
    }

    pub(crate) fn filename(&self) -> &str {
        match self {
            Self::Beside(file) => &file.filename,
            Self::Package(package) => package.name.as_str(),
        }
    }

    pub(crate) fn sha256(&self) -> Sha256 {
        match self {
            Self::Beside(file) => file.sha256(),
            Self::Package(package) => package.sha256,
        }
    }
}

/// What a target holds under the name of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing.
    Absent,
    /// Other bytes.
    Other {
        /// Where they are.
        url: String,
        /// What is known of them, for the message.
        found: String,
    },
    /// The very bytes.
    Same {
        /// Where they are.
        url: String,
    },
}

impl Target<'_> {
    /// Where the item is, or will be.
    pub(crate) fn place(&self, item: &Item<'_>) -> String {
        match (item, &self.storage) {
            (Item::Package(package), _) => self.index.place(package),
            (Item::Beside(file), Some(storage)) => storage.place(file),
            (Item::Beside(_), None) => String::new(),
        }
    }

    /// Where its readers see the item.
    pub(crate) fn shows(&self, item: &Item<'_>) -> String {
        item.package().map_or_else(|| self.place(item), |package| self.index.shows(package))
    }

    /// What it holds under the names of `items`: one answer for each, in their order.
    pub(crate) fn look(&self, items: &[&Item<'_>]) -> Result<Vec<Found>, Failure> {
        let packages: Vec<&Package> = items.iter().filter_map(|item| item.package()).collect();
        let mut packages = match packages.as_slice() {
            [] => Vec::new(),
            packages => self.index.look(packages)?,
        }
        .into_iter();
        Failure::collect(items.iter().map(|item| match item {
            Item::Beside(file) => self.look_beside(file),
            Item::Package(_) => Ok(packages.next().unwrap_or(Found::Absent)),
        }))
    }

    fn look_beside(&self, file: &Beside) -> Result<Found, Failure> {
        let Some(storage) = &self.storage else { return Ok(Found::Absent) };
        let url = storage.place(file);
        Ok(match storage.read(file)? {
            None => Found::Absent,
            Some(bytes) if bytes == file.bytes => Found::Same { url },
            // The one file that is replaced: the old one says that the new one isn't there yet.
            Some(_) if file.part == Part::Marker => Found::Absent,
            Some(bytes) => Found::Other { url, found: format!("sha256:{}", Sha256::of(&bytes)) },
        })
    }

    /// Sends one item. A failure leaves open whether it arrived: ask [`Target::look`].
    pub(crate) fn send(&self, item: &Item<'_>) -> Result<(), Failure> {
        match (item, &self.storage) {
            (Item::Package(package), _) => self.index.send(package),
            (Item::Beside(file), Some(storage)) => storage.put(file),
            (Item::Beside(_), None) => Ok(()),
        }
    }
}
