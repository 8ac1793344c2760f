//! An object taken apart member by member: what is left is carried through, or refused.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::Fault;

/// The members of one object, and its place in the document for messages. Each is taken once.
#[derive(Debug)]
pub struct Members {
    place: String,
    values: Map<String, Value>,
    null_is_absent: bool,
}

impl Members {
    /// The members of a whole document, in which `null` is a value like any other.
    pub fn document(value: Value) -> Result<Self, Fault> {
        Self::at(String::new(), value, false)
    }

    /// The members of a document in protobuf's JSON mapping, in which `null` is absence. Messages
    /// call it `place`; the whole document has an empty one.
    pub fn protobuf(place: &str, value: Value) -> Result<Self, Fault> {
        Self::at(place.to_owned(), value, true)
    }

    fn at(place: String, value: Value, null_is_absent: bool) -> Result<Self, Fault> {
        match value {
            Value::Object(values) => Ok(Self { place, values, null_is_absent }),
            _ => Err(Fault::Member { place, expected: "an object" }),
        }
    }

    /// Where the object stands in the document.
    pub fn place(&self) -> &str {
        &self.place
    }

    fn place_of(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}.{name}", self.place) }
    }

    /// The error about one member.
    pub fn wrong(&self, name: &str, expected: &'static str) -> Fault {
        Fault::Member { place: self.place_of(name), expected }
    }

    /// The error about a member that has to be there.
    pub fn missing(&self, name: &str) -> Fault {
        Fault::Missing { place: self.place_of(name) }
    }

    fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, Fault> {
        value.ok_or_else(|| self.missing(name))
    }

    /// Any value.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name).filter(|value| !(self.null_is_absent && value.is_null()))
    }

    /// A string.
    pub fn text(&mut self, name: &str) -> Result<String, Fault> {
        let text = self.optional_text(name)?;
        self.required(name, text)
    }

    /// A string that may be absent.
    pub fn optional_text(&mut self, name: &str) -> Result<Option<String>, Fault> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "a string")),
        }
    }

    /// A string that stands for a `T`; `expected` says what that is.
    pub fn parsed<T: FromStr>(&mut self, name: &str, expected: &'static str) -> Result<T, Fault> {
        let value = self.optional_parsed(name, expected)?;
        self.required(name, value)
    }

    /// A string that stands for a `T` and may be absent.
    pub fn optional_parsed<T: FromStr>(
        &mut self,
        name: &str,
        expected: &'static str,
    ) -> Result<Option<T>, Fault> {
        let Some(text) = self.optional_text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.wrong(name, expected))
    }

    /// A number from 0 to 2^63-1, without quotes.
    pub fn number(&mut self, name: &str) -> Result<u64, Fault> {
        let number = self.optional_number(name)?;
        self.required(name, number)
    }

    /// Such a number that may be absent.
    pub fn optional_number(&mut self, name: &str) -> Result<Option<u64>, Fault> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = value.as_u64().filter(|number| i64::try_from(*number).is_ok());
        number.map(Some).ok_or_else(|| self.wrong(name, "a number from 0 to 2^63-1"))
    }

    /// An object.
    pub fn object(&mut self, name: &str) -> Result<Self, Fault> {
        let object = self.optional_object(name)?;
        self.required(name, object)
    }

    /// An object that may be absent.
    pub fn optional_object(&mut self, name: &str) -> Result<Option<Self>, Fault> {
        let place = self.place_of(name);
        self.take(name).map(|value| Self::at(place, value, self.null_is_absent)).transpose()
    }

    /// A list of up to `cap` items, each read by `read` from its place and value; an absent list is an
    /// empty one.
    pub fn list<T, E: From<Fault>>(
        &mut self,
        name: &str,
        cap: usize,
        read: impl Fn(String, Value) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        let place = self.place_of(name);
        let items = match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.wrong(name, "a list").into()),
        };
        if items.len() > cap {
            return Err(Fault::TooMany { what: format!("items in '{place}'"), cap }.into());
        }
        let items = items.into_iter().enumerate();
        items.map(|(index, item)| read(format!("{place}[{index}]"), item)).collect()
    }

    /// A list of objects.
    pub fn objects<T, E: From<Fault>>(
        &mut self,
        name: &str,
        cap: usize,
        read: impl Fn(Self) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        let null_is_absent = self.null_is_absent;
        self.list(name, cap, |place, item| read(Self::at(place, item, null_is_absent)?))
    }

    /// A list of strings.
    pub fn texts(&mut self, name: &str, cap: usize) -> Result<Vec<String>, Fault> {
        self.list(name, cap, |place, item| match item {
            Value::String(text) => Ok(text),
            _ => Err(Fault::Member { place, expected: "a string" }),
        })
    }

    /// All members, of which there are at most `cap`: each a string.
    pub fn into_texts(self, cap: usize) -> Result<BTreeMap<String, String>, Fault> {
        if self.values.len() > cap {
            return Err(Fault::TooMany { what: format!("members of '{}'", self.place), cap });
        }
        let text = |(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            _ => {
                Err(Fault::Member { place: format!("{}.{name}", self.place), expected: "a string" })
            }
        };
        self.values.into_iter().map(text).collect()
    }

    /// The members that are left, as they were read.
    pub fn rest(&self) -> &Map<String, Value> {
        &self.values
    }

    /// The members that were not taken, to be written back untouched.
    pub fn into_rest(self) -> Map<String, Value> {
        self.values
    }

    /// The end of the object: a member that was not taken is unknown.
    pub fn end(self) -> Result<(), Fault> {
        match self.values.keys().next() {
            None => Ok(()),
            Some(name) => Err(Fault::Unknown { place: self.place_of(name) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Numbers, parse};

    fn members(text: &str) -> Members {
        let value = parse(text.as_bytes(), 1000, Numbers::Integers).unwrap();
        Members::document(value).unwrap()
    }

    #[test]
    fn a_number_has_no_quotes_and_no_sign() {
        for (text, expected) in [
            (r#"{"n":7}"#, Some(7)),
            (r#"{"n":0}"#, Some(0)),
            (r#"{"n":9223372036854775807}"#, Some(9_223_372_036_854_775_807)),
            (r#"{"n":9223372036854775808}"#, None),
            (r#"{"n":"7"}"#, None),
            (r#"{"n":-1}"#, None),
            (r#"{"n":null}"#, None),
            ("{}", None),
        ] {
            assert_eq!(members(text).number("n").ok(), expected, "{text}");
        }
    }

    #[test]
    fn null_is_absence_in_protobuf_alone() {
        let value = || parse(br#"{"a":null}"#, 99, Numbers::Exact).unwrap();
        let mut protobuf = Members::protobuf("", value()).unwrap();
        assert_eq!(protobuf.optional_text("a").unwrap(), None);
        assert!(protobuf.end().is_ok());
        assert!(Members::document(value()).unwrap().optional_text("a").is_err());
        // A member that the form does not have is unknown, whatever its value.
        assert!(Members::protobuf("", value()).unwrap().end().is_err());
    }

    #[test]
    fn a_member_is_named_by_its_place() {
        let mut outer = members(r#"{"a":[{"b":1,"c":2}],"d":{"e":3}}"#);
        let said = |fault: Fault| fault.to_string();
        let items = outer.objects("a", 1, |mut item| {
            item.number("b")?;
            Err::<(), _>(item.text("c").unwrap_err())
        });
        assert_eq!(said(items.unwrap_err()), "'a[0].c' should be a string");
        let mut inner = outer.object("d").unwrap();
        assert_eq!(said(inner.text("f").unwrap_err()), "'d.f' is missing");
        assert_eq!(said(inner.end().unwrap_err()), "unknown member 'd.e'");
        assert!(outer.end().is_ok());
        assert_eq!(
            said(Members::document(Value::Null).unwrap_err()),
            "the document should be an object"
        );
    }

    #[test]
    fn a_list_has_a_limited_length() {
        let list = |cap| members(r#"{"l":["a","b"]}"#).texts("l", cap);
        assert_eq!(list(2).unwrap(), ["a", "b"]);
        assert_eq!(list(1).unwrap_err().to_string(), "more than 1 items in 'l'");
        assert_eq!(members("{}").texts("l", 0).unwrap(), [""; 0]);
    }
}
