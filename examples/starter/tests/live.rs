//! Live updates between processes: what another program commits into the same file is told by the server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod program;

use std::net::TcpStream;
use std::time::{Duration, Instant};

use program::Place;
use serde_json::Value;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Message, client};

#[test]
fn what_another_process_commits_is_told_and_the_end_of_the_server_too() {
    let place = Place::new().with_demo();
    let make = ["keys", "make", "--name", "Mirror", "--grant", "lead.read=all", "--json"];
    let key = place.run(&make).json()["secret"].as_str().unwrap().to_owned();
    let server = place.serve(&[]);
    let address = format!("ws://{}/api/v1/live?topics=leads", server.address);
    let mut request = address.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
    let stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (mut socket, _) = client(request, stream).unwrap();
    let file = place.file("more.csv", "name,email\nAda Lovelace,ada@analytical.example\n");
    let imported = place.run(&["import", file.to_str().unwrap()]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    let committed = Instant::now();
    let told = loop {
        if let Message::Text(text) = socket.read().unwrap() {
            break serde_json::from_str::<Value>(&text).unwrap();
        }
    };
    println!(
        "- another process's lead is told {} ms after it ended",
        committed.elapsed().as_millis()
    );
    assert_eq!(told["topic"], "leads");
    let stopping = std::thread::spawn(move || server.terminate());
    let closed = loop {
        match socket.read() {
            Ok(Message::Close(frame)) => break frame.unwrap().code,
            Ok(_) => {}
            Err(error) => panic!("it ended without a word: {error}"),
        }
    };
    assert_eq!(u16::from(closed), 1001);
    assert_eq!(stopping.join().unwrap().code, 0);
}
