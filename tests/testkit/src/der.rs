//! DER as a tree (X.690), so that a mutation of one value leaves the lengths around it right and
//! gets past the outermost check.

/// A value with a tag of one byte.
#[derive(Clone)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
}

impl Tlv<'_> {
    /// Whether its content may be values in turn: constructed ones, and strings that wrap DER.
    pub(crate) fn is_nested(&self) -> bool {
        const OCTET_STRING: u8 = 0x04;
        self.tag & 0x20 != 0 || self.tag == OCTET_STRING
    }
}

/// The values that `bytes` are, one after the other; nothing if they are anything else.
pub(crate) fn split(mut bytes: &[u8]) -> Option<Vec<Tlv<'_>>> {
    let mut values = Vec::new();
    while !bytes.is_empty() {
        let (&[tag, first], rest) = bytes.split_first_chunk()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x83 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (content, rest) = rest.split_at_checked(length)?;
        values.push(Tlv { tag, content });
        bytes = rest;
    }
    Some(values)
}

/// One value, its length in the shortest form.
pub(crate) fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut encoded = vec![tag];
    let length = content.len().to_be_bytes();
    let digits: Vec<u8> = length.into_iter().skip_while(|digit| *digit == 0).collect();
    match digits.as_slice() {
        [] => encoded.push(0),
        [short] if *short < 0x80 => encoded.push(*short),
        long => {
            encoded.push(0x80 | u8::try_from(long.len()).unwrap_or(0x7f));
            encoded.extend(long);
        }
    }
    encoded.extend(content);
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_split_and_joined_is_the_same() {
        let long = encode(0x04, &[7; 300]);
        let whole = encode(0x30, &[encode(0x02, &[1]), long, encode(0x05, &[])].concat());
        let [outer] = <[Tlv<'_>; 1]>::try_from(split(&whole).unwrap()).ok().unwrap();
        assert!(outer.is_nested());
        let inner = split(outer.content).unwrap();
        assert_eq!(inner.len(), 3);
        let joined: Vec<u8> = inner.iter().flat_map(|one| encode(one.tag, one.content)).collect();
        assert_eq!(encode(outer.tag, &joined), whole);
        assert!(split(&whole[..whole.len() - 1]).is_none() && split(&[0x30, 0x80, 0, 0]).is_none());
    }
}
