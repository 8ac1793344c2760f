use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use pysign_host::Status;

use super::*;
use crate::samples;

/// What goes wrong with the next sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It says no, and stores nothing.
    Denied,
    /// It is busy, and stores nothing.
    Busy,
    /// It stores the item, and its answer is lost.
    Lost,
    /// It stores the item, shows it after one more look, and its answer is lost.
    LostAndCached,
    /// It stores other bytes.
    Mangled,
    /// It says yes, and stores nothing.
    Swallowed,
}

/// A place in memory. A package is its digest there.
#[derive(Default)]
struct Place {
    held: RefCell<BTreeMap<String, Vec<u8>>>,
    hidden: RefCell<Option<String>>,
    sent: RefCell<Vec<String>>,
    faults: RefCell<VecDeque<Fault>>,
    listed: RefCell<usize>,
    packages_only: bool,
}

impl Place {
    fn with(faults: &[Fault]) -> Self {
        let place = Self::default();
        place.faults.borrow_mut().extend(faults);
        place
    }

    fn take(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let url = || "http://127.0.0.1/".parse().unwrap();
        self.sent.borrow_mut().push(name.to_owned());
        let fault = self.faults.borrow_mut().pop_front();
        let stored = match fault {
            None | Some(Fault::Lost | Fault::LostAndCached) => Some(bytes),
            Some(Fault::Mangled) => Some(&b"other"[..]),
            Some(Fault::Denied | Fault::Busy | Fault::Swallowed) => None,
        };
        if let Some(bytes) = stored {
            self.held.borrow_mut().insert(name.to_owned(), bytes.to_vec());
        }
        if fault == Some(Fault::LostAndCached) {
            *self.hidden.borrow_mut() = Some(name.to_owned());
        }
        let said = String::new();
        match fault {
            None | Some(Fault::Mangled | Fault::Swallowed) => Ok(()),
            Some(Fault::Denied) => {
                Err(pysign_http::Error::Final { url: url(), status: 400, said }.into())
            }
            Some(_) => {
                let retry_after = Some(Duration::ZERO);
                Err(pysign_http::Error::Transient { url: url(), status: 503, said, retry_after }
                    .into())
            }
        }
    }

    fn held(&self, name: &str) -> Option<Vec<u8>> {
        if self.hidden.borrow_mut().take_if(|hidden| hidden == name).is_some() {
            return None;
        }
        self.held.borrow().get(name).cloned()
    }
}

impl Target for Place {
    fn kind(&self) -> &'static str {
        "test"
    }

    fn takes_sidecars(&self) -> bool {
        !self.packages_only
    }

    fn url(&self, item: &Item<'_>) -> String {
        item.filename().to_owned()
    }

    fn look_up(&self, packages: &[&Package]) -> Result<Vec<Found>, Failure> {
        let found = packages.iter().map(|package| {
            let url = package.name.to_string();
            match self.held(package.name.as_str()) {
                None => Found::Absent,
                Some(bytes) if bytes == package.sha256.as_bytes() => Found::Same { url },
                Some(_) => Found::Other { url, found: "other".to_owned() },
            }
        });
        Ok(found.collect())
    }

    fn read(&self, file: &SidecarFile) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.held(&file.filename))
    }

    fn send(&self, item: &Item<'_>) -> Result<(), Failure> {
        match item {
            Item::Package(package) => self.take(item.filename(), package.sha256.as_bytes()),
            Item::Sidecar(file) => self.take(item.filename(), &file.bytes),
        }
    }

    fn list(&self, packages: &[&Package]) -> Result<(), Failure> {
        *self.listed.borrow_mut() += packages.len();
        Ok(())
    }
}

const ORDER: [&str; 5] = [
    "demo-1.0-py3-none-any.whl.sigstore.json",
    "demo-1.0.tar.gz.sigstore.json",
    "demo-1.0-py3-none-any.whl",
    "demo-1.0.tar.gz",
    "demo-1.0.pysign.json",
];

const PATIENCE: Duration = Duration::from_secs(9);

fn publish(place: &Place) -> Result<Vec<Option<Outcome>>, Failure> {
    let releases = [samples::release("1.0")];
    let mut plan = Plan::make(place, &releases)?;
    carry_out(&mut plan, &Host::test(&[]), true, PATIENCE)?;
    Ok(plan.steps().map(|step| step.outcome).collect())
}

fn code(failure: &Failure) -> &'static str {
    failure.problems().next().unwrap().facts().code
}

#[test]
fn signatures_go_first_then_packages_then_the_marker() {
    let place = Place::with(&[]);
    assert_eq!(publish(&place).unwrap(), [Some(Outcome::Stored); 5]);
    assert_eq!(*place.sent.borrow(), ORDER);
    assert_eq!(*place.listed.borrow(), 2);
}

#[test]
fn what_is_there_already_is_kept_and_shown() {
    let place = Place::with(&[]);
    publish(&place).unwrap();
    assert_eq!(publish(&place).unwrap(), [Some(Outcome::Kept); 5]);
    assert_eq!(place.sent.borrow().len(), 5);
    assert_eq!(*place.listed.borrow(), 4);
}

#[test]
fn a_run_that_was_cut_off_anywhere_is_finished_by_the_next_one() {
    for sent in 0..ORDER.len() {
        let place = Place::with(&[]);
        publish(&place).unwrap();
        place.held.borrow_mut().retain(|name, _| ORDER[..sent].contains(&name.as_str()));
        place.sent.borrow_mut().clear();
        publish(&place).unwrap();
        assert_eq!(*place.sent.borrow(), ORDER[sent..]);
    }
}

#[test]
fn a_conflict_is_found_before_anything_is_sent() {
    for name in ORDER {
        let place = Place::with(&[]);
        place.held.borrow_mut().insert(name.to_owned(), b"other".to_vec());
        let failure = publish(&place).unwrap_err();
        assert_eq!((code(&failure), failure.status()), ("publish-conflict", Status::Refused));
        assert!(place.sent.borrow().is_empty(), "{name}");
    }
}

#[test]
fn every_conflict_is_named() {
    let place = Place::with(&[]);
    for name in &ORDER[..4] {
        place.held.borrow_mut().insert((*name).to_owned(), b"other".to_vec());
    }
    assert_eq!(publish(&place).unwrap_err().problems().count(), 4);
}

#[test]
fn an_item_whose_answer_was_lost_is_not_sent_twice() {
    let place = Place::with(&[Fault::Lost; 5]);
    assert_eq!(publish(&place).unwrap(), [Some(Outcome::Stored); 5]);
    assert_eq!(*place.sent.borrow(), ORDER);
}

#[test]
fn a_busy_place_is_asked_again_for_a_while() {
    let place = Place::with(&[Fault::Busy; 5]);
    publish(&place).unwrap();
    assert_eq!(place.sent.borrow()[..6], [ORDER[0]; 6]);
    let place = Place::with(&[Fault::Busy; 6]);
    assert_eq!(publish(&place).unwrap_err().status(), Status::Unavailable);
    assert_eq!(*place.sent.borrow(), [ORDER[0]; 6]);
}

#[test]
fn a_no_ends_the_run() {
    let place = Place::with(&[Fault::Denied]);
    assert_eq!(publish(&place).unwrap_err().status(), Status::Denied);
    assert_eq!(*place.sent.borrow(), ORDER[..1]);
}

#[test]
fn a_no_to_a_second_copy_is_no_failure() {
    let place = Place::with(&[Fault::LostAndCached, Fault::Denied]);
    publish(&place).unwrap();
    assert_eq!(place.sent.borrow()[..2], [ORDER[0]; 2]);
}

#[test]
fn other_bytes_than_were_sent_are_found_when_they_are_read_back() {
    let place = Place::with(&[Fault::Mangled]);
    assert_eq!(code(&publish(&place).unwrap_err()), "publish-conflict");
    assert!(!place.held.borrow().contains_key(ORDER[4]));
}

#[test]
fn without_its_signatures_there_is_no_package_and_without_both_no_marker() {
    for (faults, sent) in [
        (&[Fault::Swallowed][..], &ORDER[..2]),
        (&[Fault::Lost, Fault::Lost, Fault::Swallowed], &ORDER[..4]),
    ] {
        let place = Place::with(faults);
        let releases = [samples::release("1.0")];
        let mut plan = Plan::make(&place, &releases).unwrap();
        let failure = carry_out(&mut plan, &Host::test(&[]), true, Duration::ZERO).unwrap_err();
        assert_eq!(code(&failure), "publish-unconfirmed");
        assert_eq!(failure.status(), Status::Unavailable);
        assert_eq!(*place.sent.borrow(), sent);
    }
}

#[test]
fn not_read_back_is_not_said_to_be_stored() {
    let place = Place::with(&[]);
    let releases = [samples::release("1.0")];
    let mut plan = Plan::make(&place, &releases).unwrap();
    carry_out(&mut plan, &Host::test(&[]), false, PATIENCE).unwrap();
    assert!(plan.steps().all(|step| step.outcome == Some(Outcome::Unconfirmed)));
    assert_eq!(plan.summary(), "test: 5 files stored, 0 already there, not read back");
}

#[test]
fn another_signature_of_the_same_bytes_is_kept_and_named_in_the_marker() {
    let place = Place::with(&[]);
    place.held.borrow_mut().insert(ORDER[0].to_owned(), samples::WHEEL_AGAIN.to_vec());
    let outcomes = publish(&place).unwrap();
    assert_eq!(outcomes[..2], [Some(Outcome::Kept), Some(Outcome::Stored)]);
    let marker = String::from_utf8(place.held(ORDER[4]).unwrap()).unwrap();
    assert!(marker.contains(&Sha256::of(samples::WHEEL_AGAIN).to_string()));
    assert!(!marker.contains(&Sha256::of(samples::WHEEL).to_string()));
}

#[test]
fn a_place_that_takes_no_sidecars_gets_packages_alone() {
    let place = Place { packages_only: true, ..Place::default() };
    let releases = [samples::release("1.0")];
    let mut plan = Plan::make(&place, &releases).unwrap();
    carry_out(&mut plan, &Host::test(&[]), true, PATIENCE).unwrap();
    assert_eq!(*place.sent.borrow(), ORDER[2..4]);
}
