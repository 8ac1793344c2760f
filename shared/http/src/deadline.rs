//! Who waits for an answer waits for its payload: lengths of chunks, extensions, trailers and what
//! surrounds them are no progress, however they trickle. The reader above only sees the payload and
//! the socket below only sees bytes, so the one tells the other until when there is time.

use std::cell::Cell;
use std::time::{Duration, Instant};

use pysign_host::Clock;
use ureq::Timeout;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, Transport, time,
};

thread_local! {
    /// Until when the thread waits for its socket: a body is read by the thread that asked for it.
    static END: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// How long the thread waits for the body of an answer. The socket is free of it once it is dropped.
pub(crate) struct Deadline {
    clock: Clock,
    span: Duration,
    last: Option<Instant>,
}

impl Deadline {
    /// A deadline in `span`, and no later than `last` whatever comes.
    pub(crate) fn start(clock: Clock, span: Duration, last: Option<Instant>) -> Self {
        let deadline = Self { clock, span, last };
        deadline.extend();
        deadline
    }

    /// Payload has come: there is as much time again.
    pub(crate) fn extend(&self) {
        let end = self.clock.instant().checked_add(self.span);
        END.set(end.into_iter().chain(self.last).min());
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        END.set(None);
    }
}

/// Holds every socket to the deadline of the thread that reads from it.
#[derive(Debug)]
pub(crate) struct HeldToDeadline(pub(crate) Clock);

impl<In: Transport> Connector<In> for HeldToDeadline {
    type Out = Held<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Held<In>>, ureq::Error> {
        Ok(chained.map(|socket| Held { socket, clock: self.0 }))
    }
}

#[derive(Debug)]
pub(crate) struct Held<T> {
    socket: T,
    clock: Clock,
}

impl<T: Transport> Transport for Held<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.socket.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.socket.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, mut timeout: NextTimeout) -> Result<bool, ureq::Error> {
        if let Some(end) = END.get() {
            let left = end.saturating_duration_since(self.clock.instant());
            if left.is_zero() {
                return Err(ureq::Error::Timeout(Timeout::RecvBody));
            }
            timeout.after = time::Duration::Exact(left.min(*timeout.after));
        }
        self.socket.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.socket.is_open()
    }

    fn is_tls(&self) -> bool {
        self.socket.is_tls()
    }
}
