//! One origin: a port of the loopback interface, a thread for each connection, one request on it.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::Error;
use crate::fault::{Kind, Service};
use crate::gitlab::GitLab;
use crate::http::{self, Request, Response};
use crate::reply;
use crate::wire;
use crate::world::World;

#[cfg(test)]
mod tests;

/// What is behind a port.
#[derive(Clone, Copy)]
pub(crate) enum Site {
    /// The path tells the service.
    GitLab,
    Alone(Service),
}

impl Site {
    fn service(self, request: &Request) -> Service {
        match self {
            Self::GitLab => GitLab::service(&request.path),
            Self::Alone(service) => service,
        }
    }
}

/// A port that answers until the value is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A port that the system chooses, and its URL.
pub(crate) fn bind() -> Result<(TcpListener, String), Error> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(Error::io("open a port"))?;
    let address = listener.local_addr().map_err(Error::io("name a port"))?;
    Ok((listener, format!("http://{address}")))
}

impl Server {
    pub(crate) fn start(
        listener: TcpListener,
        site: Site,
        world: Arc<World>,
    ) -> Result<Self, Error> {
        let address = listener.local_addr().map_err(Error::io("name a port"))?;
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        let serve = move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(mut stream), world) = (stream, Arc::clone(&world)) else { continue };
                // An error is the client's: it has left, or what it sent is no HTTP.
                let exchange = move || drop(exchange(&mut stream, site, &world));
                drop(thread::Builder::new().spawn(exchange));
            }
        };
        let thread = thread::Builder::new().spawn(serve).map_err(Error::io("start a thread"))?;
        Ok(Self { address, stopped, thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread; when nothing answers, it has ended before.
        if TcpStream::connect(self.address).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// Reads a request, chooses what happens to it, and does that.
fn exchange(stream: &mut TcpStream, site: Site, world: &World) -> io::Result<()> {
    let Some(request) = wire::read(stream)? else { return Ok(()) };
    let service = site.service(&request);
    let record = |status| world.record.add(service, &request, status);
    let fault = world.faults.next(service, &request.method);
    let response = match fault {
        // The byte that is still unread makes both of these a reset.
        Some(Kind::Reset) => {
            record(None);
            return Ok(());
        }
        Some(Kind::LostReply) => {
            world.answer(service, &request);
            record(None);
            return Ok(());
        }
        Some(Kind::Delay(limit)) => {
            wire::take(stream)?;
            record(None);
            if reply::client_leaves(stream, limit)? {
                return Ok(());
            }
            let response = world.answer(service, &request);
            return reply::send(stream, &response, request.method == "HEAD");
        }
        Some(Kind::Endless) => {
            wire::take(stream)?;
            record(Some(200));
            return reply::send_endlessly(stream);
        }
        Some(Kind::Trickle) => {
            wire::take(stream)?;
            record(Some(200));
            return reply::send_slowly(stream);
        }
        Some(Kind::Status { code, retry_after }) => {
            let response = Response::message(code, "a fault was asked for");
            match retry_after {
                Some(seconds) => response.with("Retry-After", seconds.to_string()),
                None => response,
            }
        }
        Some(Kind::Html) => {
            let page =
                "<!DOCTYPE html><title>Welcome</title><h1>Please log in to this network</h1>";
            Response::html(200, page)
        }
        Some(Kind::Echo(code)) => echo(code, &request, world),
        Some(Kind::Redirect(code)) => {
            Response::redirect(code, format!("{}/elsewhere", world.urls.storage))
        }
        Some(Kind::Lie(lie)) => world.lie(lie, service, &request),
        Some(Kind::TufLie(lie)) => world.tuf.lie(lie, &request),
        Some(Kind::Stall | Kind::Truncate) | None => world.answer(service, &request),
    };
    wire::take(stream)?;
    record(Some(response.status));
    match fault {
        Some(Kind::Truncate) => reply::send_half(stream, &response),
        Some(Kind::Stall) => {
            reply::send_half(stream, &response)?;
            reply::client_leaves(stream, None).map(drop)
        }
        _ => reply::send(stream, &response, request.method == "HEAD"),
    }
}

/// An answer that repeats what was sent, secrets and all.
fn echo(code: u16, request: &Request, world: &World) -> Response {
    let headers = request.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
    let text = headers.collect::<String>() + "\n" + &String::from_utf8_lossy(&request.body);
    if (300..400).contains(&code) {
        let to = format!("{}/elsewhere/{}", world.urls.storage, http::encode(&text));
        return Response::redirect(code, to);
    }
    Response::message(code, &text)
}
