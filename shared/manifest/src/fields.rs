//! Taking an object apart member by member, so that what remains can be carried through.

use std::str::FromStr;

use serde_json::{Map, Value};

use crate::Error;

/// The members of one object, and where it stands in the document, for messages.
#[derive(Debug)]
pub(crate) struct Fields {
    place: String,
    members: Map<String, Value>,
}

impl Fields {
    pub(crate) fn document(value: Value) -> Result<Self, Error> {
        Self::new(String::new(), value)
    }

    fn new(place: String, value: Value) -> Result<Self, Error> {
        match value {
            Value::Object(members) => Ok(Self { place, members }),
            _ => Err(Error::Member { place: or_document(&place), expected: "an object" }),
        }
    }

    /// An error about one member.
    pub(crate) fn wrong(&self, name: &str, expected: &'static str) -> Error {
        Error::Member { place: self.place_of(name), expected }
    }

    fn place_of(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}.{name}", self.place) }
    }

    pub(crate) fn optional_text(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.members.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "a string")),
        }
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<String, Error> {
        self.optional_text(name)?.ok_or_else(|| self.wrong(name, "a string"))
    }

    /// A string that parses as `T`; `expected` says what that is.
    pub(crate) fn optional<T: FromStr>(
        &mut self,
        name: &str,
        expected: &'static str,
    ) -> Result<Option<T>, Error> {
        self.optional_text(name)?
            .map(|text| text.parse().map_err(|_| self.wrong(name, expected)))
            .transpose()
    }

    pub(crate) fn optional_size(&mut self, name: &str) -> Result<Option<u64>, Error> {
        match self.members.remove(name) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| self.wrong(name, "a size")),
        }
    }

    pub(crate) fn optional_object(&mut self, name: &str) -> Result<Map<String, Value>, Error> {
        match self.members.remove(name) {
            None => Ok(Map::new()),
            Some(Value::Object(members)) => Ok(members),
            Some(_) => Err(self.wrong(name, "an object")),
        }
    }

    pub(crate) fn object(&mut self, name: &str) -> Result<Self, Error> {
        let value = self.members.remove(name).unwrap_or_default();
        Self::new(self.place_of(name), value)
    }

    /// A list whose items are carried through as they are: objects, nothing else.
    pub(crate) fn objects(&mut self, name: &str) -> Result<Vec<Value>, Error> {
        let items = self.values(name)?;
        if items.iter().all(Value::is_object) {
            Ok(items)
        } else {
            Err(self.wrong(name, "objects"))
        }
    }

    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<String>, Error> {
        let items = self.values(name)?;
        let text = |item| match item {
            Value::String(text) => Ok(text),
            _ => Err(self.wrong(name, "a list of strings")),
        };
        items.into_iter().map(text).collect()
    }

    /// A list of objects, each read by `read`; an absent list is an empty one.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        read: impl Fn(Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let place = self.place_of(name);
        let items = self.values(name)?.into_iter().enumerate();
        items.map(|(index, item)| read(Self::new(format!("{place}[{index}]"), item)?)).collect()
    }

    fn values(&mut self, name: &str) -> Result<Vec<Value>, Error> {
        match self.members.remove(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.wrong(name, "a list")),
        }
    }

    /// Where this object stands.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// What was not taken, to be written back untouched.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.members
    }
}

fn or_document(place: &str) -> String {
    if place.is_empty() { "the document".to_owned() } else { place.to_owned() }
}
