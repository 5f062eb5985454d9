//! The program as somebody starts it: it serves, works, and ends when it is told to.

#![cfg(unix)]

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop_and_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_leadbox-full"))
        .arg(folder.path().join("full.db"))
        .arg("127.0.0.1:0")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(program.stdout.take().unwrap()).lines();
    let (mut codes, mut address) = (0, String::new());
    while address.is_empty() {
        let line = timeout(PATIENCE, said.next_line()).await.unwrap().unwrap();
        let line = line.unwrap_or_else(|| panic!("it ended"));
        codes += usize::from(line.contains("signs in with staff_"));
        if let Some((_, rest)) = line.split_once("http://") {
            address = rest.split(' ').next().unwrap().to_owned();
        }
    }
    assert_eq!(codes, 4);

    let mut connection = TcpStream::connect(&address).await.unwrap();
    let request = "GET / HTTP/1.1\r\nhost: works.example\r\nconnection: close\r\n\r\n";
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Boats and saunas"), "{answer}");

    let id = Pid::from_raw(program.id().unwrap().try_into().unwrap()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    let ended = timeout(PATIENCE, program.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}
