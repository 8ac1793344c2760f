//! Reading a request off a socket.
//!
//! The last byte of the request stays in the kernel, looked at and not taken, until the answer is
//! chosen: closing a socket that holds unread bytes is what makes the other side see a reset.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::http::Request;

/// A request's line and headers: a token of some kilobytes fits many times.
const MAX_HEAD: usize = 64 << 10;
/// As many headers as anyone sends, several times over.
const MAX_HEADERS: usize = 64;
/// A large wheel with room to spare; uploads are held in memory.
const MAX_BODY: usize = 512 << 20;
/// A client that is silent for so long is gone.
const SILENCE: Duration = Duration::from_secs(30);

/// Reads one request but for its last byte; `None` when the client sent nothing.
pub(crate) fn read(stream: &mut TcpStream) -> io::Result<Option<Request>> {
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    stream.set_nodelay(true)?;
    let Some(head) = read_head(stream)? else { return Ok(None) };
    let (mut request, framing) = parse(&head)?;
    if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    request.body = match framing {
        Framing::Length(0) => Vec::new(),
        Framing::Length(length) => {
            take(stream)?;
            read_body(stream, length)?
        }
        Framing::Chunked => {
            take(stream)?;
            read_chunks(stream)?
        }
    };
    Ok(Some(request))
}

/// Takes the last byte: the connection can then be closed in peace.
pub(crate) fn take(stream: &mut TcpStream) -> io::Result<()> {
    stream.read_exact(&mut [0])
}

enum Framing {
    Chunked,
    Length(usize),
}

/// The head with its final newline, which is still unread.
fn read_head(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r") {
        if head.len() == MAX_HEAD {
            return Err(malformed("the head is too long"));
        }
        if stream.read(&mut byte)? == 0 {
            let nothing = head.is_empty();
            return if nothing { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        head.extend(byte);
    }
    head.push(peek(stream)?);
    Ok(Some(head))
}

fn parse(head: &[u8]) -> io::Result<(Request, Framing)> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(head) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        _ => return Err(malformed("the head is not HTTP/1.1")),
    }
    let mut request =
        Request::new(parsed.method.unwrap_or_default(), parsed.path.unwrap_or_default());
    for header in parsed.headers.iter() {
        let value = String::from_utf8_lossy(header.value).into_owned();
        request.headers.push((header.name.to_ascii_lowercase(), value));
    }
    let framing = match (request.header("transfer-encoding"), request.header("content-length")) {
        (Some(_), _) => Framing::Chunked,
        (None, Some(length)) => {
            let length = length.parse().ok().filter(|length| *length <= MAX_BODY);
            Framing::Length(length.ok_or_else(|| malformed("the body's length"))?)
        }
        (None, None) => Framing::Length(0),
    };
    Ok((request, framing))
}

/// A body of a known length, of which the last byte stays unread.
fn read_body(stream: &mut TcpStream, length: usize) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    read_more(stream, length.saturating_sub(1), &mut body)?;
    body.push(peek(stream)?);
    Ok(body)
}

/// A chunked body without trailers (RFC 9112, section 7.1): Go's clients send one when they don't
/// know its length.
fn read_chunks(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream)?;
        let digits = line.split(|byte| b";\r".contains(byte)).next().unwrap_or_default();
        let digits = std::str::from_utf8(digits).unwrap_or_default();
        let size = usize::from_str_radix(digits.trim(), 16).ok();
        let size = size.filter(|size| body.len().saturating_add(*size) <= MAX_BODY);
        match size.ok_or_else(|| malformed("the length of a chunk"))? {
            0 => {
                take(stream)?;
                peek(stream)?;
                return Ok(body);
            }
            size => read_more(stream, size, &mut body)?,
        }
        read_line(stream)?;
    }
}

fn read_line(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    /// A chunk's length in hexadecimal, and what little may follow it.
    const MAX_LINE: usize = 256;
    let (mut line, mut byte) = (Vec::new(), [0]);
    while !line.ends_with(b"\n") {
        if line.len() == MAX_LINE {
            return Err(malformed("a line of a chunked body is too long"));
        }
        stream.read_exact(&mut byte)?;
        line.extend(byte);
    }
    Ok(line)
}

/// Grows with what arrives, not with what was announced.
fn read_more(stream: &mut TcpStream, length: usize, body: &mut Vec<u8>) -> io::Result<()> {
    let wanted = u64::try_from(length).unwrap_or(u64::MAX);
    let read = io::Read::by_ref(stream).take(wanted).read_to_end(body)?;
    if read == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// The next byte, which stays where it is.
fn peek(stream: &TcpStream) -> io::Result<u8> {
    let mut byte = [0];
    match stream.peek(&mut byte)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(u8::from_ne_bytes(byte)),
    }
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// What the reader makes of `sent`, and how many bytes it leaves.
    fn received(sent: &[u8]) -> (io::Result<Option<Request>>, usize) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(sent).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut server = listener.accept().unwrap().0;
        let request = read(&mut server);
        let mut rest = Vec::new();
        server.read_to_end(&mut rest).unwrap();
        (request, rest.len())
    }

    #[test]
    fn every_framing_leaves_one_byte() {
        for (sent, body) in [
            ("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", ""),
            ("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody", "body"),
            ("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", ""),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;x\r\ndy\r\n0\r\n\r\n",
                "body",
            ),
        ] {
            let (request, rest) = received(sent.as_bytes());
            assert_eq!(request.unwrap().unwrap().body, body.as_bytes());
            assert_eq!(rest, 1, "{sent}");
        }
    }

    #[test]
    fn a_cut_or_broken_request_is_an_error_and_silence_is_none() {
        for sent in [
            "GET /",
            "GET\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nbody",
            "POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ] {
            assert!(received(sent.as_bytes()).0.is_err(), "{sent}");
        }
        assert!(received(b"").0.unwrap().is_none());
    }
}
