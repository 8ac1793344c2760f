//! Writing an answer to a socket, or as much of it as a fault leaves.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::http::Response;

/// A client that holds on for so long has no time-out.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// Past every cap of a client that has one.
const ENDLESS: usize = 1 << 30;

/// Sends a whole answer, its body aside when `head_only`. The connection ends with it.
pub(crate) fn send(stream: &mut TcpStream, response: &Response, head_only: bool) -> io::Result<()> {
    let mut bytes = head(response, Some(response.body.len()));
    if !head_only {
        bytes.extend_from_slice(&response.body);
    }
    stream.write_all(&bytes)
}

/// Sends the head, which promises the whole body, and half of the body.
pub(crate) fn send_half(stream: &mut TcpStream, response: &Response) -> io::Result<()> {
    let length = response.body.len();
    let mut bytes = head(response, Some(length.max(1)));
    bytes.extend(response.body.iter().take(length / 2));
    stream.write_all(&bytes)
}

/// Sends a body until the client leaves.
pub(crate) fn send_endlessly(stream: &mut TcpStream) -> io::Result<()> {
    let part = vec![b' '; 64 << 10];
    let response = Response::new(200, "application/octet-stream", "");
    stream.write_all(&head(&response, None))?;
    for _ in 0..ENDLESS / part.len() {
        stream.write_all(&part)?;
    }
    Ok(())
}

/// Sends a body that never ends and never pauses for long.
pub(crate) fn send_slowly(stream: &mut TcpStream) -> io::Result<()> {
    let response = Response::new(200, "application/octet-stream", "");
    stream.write_all(&head(&response, None))?;
    for _ in 0..PATIENCE.as_secs() * 4 {
        stream.write_all(b" ")?;
        if client_leaves(stream, Some(Duration::from_millis(250)))? {
            break;
        }
    }
    Ok(())
}

/// Waits until the client has left (`true`) or the time is over.
pub(crate) fn client_leaves(stream: &mut TcpStream, limit: Option<Duration>) -> io::Result<bool> {
    let limit = limit.unwrap_or(PATIENCE);
    if limit.is_zero() {
        return Ok(false);
    }
    stream.set_read_timeout(Some(limit))?;
    match stream.read(&mut [0]) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Ok(false)
        }
        _ => Ok(true),
    }
}

fn head(response: &Response, length: Option<usize>) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
    for (name, value) in &response.headers {
        head.extend([*name, ": ", value, "\r\n"]);
    }
    // RFC 9110, section 8.6: a 204 has no length.
    if let Some(length) = length.filter(|_| response.status != 204) {
        head.extend(["Content-Length: ", &length.to_string(), "\r\n"]);
    }
    head.push_str("Connection: close\r\n\r\n");
    head.into_bytes()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Other",
    }
}
