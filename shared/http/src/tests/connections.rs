//! What is connected once is used again, by as many threads as there are.

use std::net::TcpStream;
use std::sync::Barrier;
use std::thread;

use super::*;

/// More than a pool of connections keeps by itself.
const THREADS: usize = 8;

/// Answers two requests on one connection; the first not before every thread has sent one.
fn answer_twice(mut stream: TcpStream, all_there: &Barrier) {
    for round in 0..2 {
        read_request(&mut stream);
        if round == 0 {
            all_there.wait();
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
    }
}

#[test]
fn no_thread_connects_a_second_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let (client, in_flight, between) = (client(), Barrier::new(THREADS), Barrier::new(THREADS));
    let ask = || client.send(&Request::get(url.clone()).once(), 2).map(|answer| answer.body);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                assert_eq!(ask().unwrap(), b"ok");
                between.wait();
                // Nobody listens any more.
                assert_eq!(ask().unwrap(), b"ok");
            });
        }
        for _ in 0..THREADS {
            let (stream, _) = listener.accept().unwrap();
            let in_flight = &in_flight;
            scope.spawn(move || answer_twice(stream, in_flight));
        }
        drop(listener);
    });
}
