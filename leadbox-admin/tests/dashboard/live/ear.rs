//! Somebody who listens: a WebSocket at a dashboard that is served on a port.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::{Browser, Office};

/// How long a test waits for a fact.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a dashboard is served.
pub struct Place {
    pub address: SocketAddr,
    prefix: &'static str,
}

impl Place {
    pub async fn of(app: &Router, prefix: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = app.clone().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, prefix }
    }

    pub async fn of_office(office: &Office) -> Self {
        Self::of(&office.app, office.prefix).await
    }

    /// Asks for a socket with these headers.
    pub async fn ask(&self, path: &str, headers: &[(&str, String)]) -> Result<Ear, u16> {
        let address = format!("ws://{}{}{path}", self.address, self.prefix);
        let mut request = address.into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Ear { socket }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The headers of a browser in which somebody is signed in, on a page of this place.
    pub fn headers(&self, browser: &Browser) -> Vec<(&'static str, String)> {
        let cookies = browser.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies: Vec<String> = cookies.collect();
        vec![("cookie", cookies.join("; ")), ("origin", format!("http://{}", self.address))]
    }

    /// A socket of somebody who is signed in, about these topics.
    pub async fn listen(&self, browser: &Browser, query: &str) -> Ear {
        self.ask(&format!("/live?{query}"), &self.headers(browser)).await.unwrap()
    }
}

/// A socket.
pub struct Ear {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Ear {
    /// The next topic with its place in the log.
    pub async fn hear(&mut self) -> (String, i64) {
        match timeout(PATIENCE, self.next()).await.unwrap() {
            Ok(heard) => heard,
            Err(code) => panic!("it was closed with {code}"),
        }
    }

    /// Hears until that topic comes, and says at which place in the log.
    pub async fn hear_of(&mut self, topic: &str) -> i64 {
        loop {
            let (heard, seq) = self.hear().await;
            if heard == topic {
                return seq;
            }
        }
    }

    /// With which code it is closed; 0 when it just ends.
    pub async fn closed(&mut self) -> u16 {
        timeout(PATIENCE, async {
            loop {
                if let Err(code) = self.next().await {
                    return code;
                }
            }
        })
        .await
        .unwrap()
    }

    pub async fn say(&mut self, text: String) {
        // What is too much may be refused while it is sent.
        let _ = self.socket.send(Message::text(text)).await;
    }

    async fn next(&mut self) -> Result<(String, i64), u16> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    let line: Value = serde_json::from_str(&text).unwrap();
                    assert_eq!(line.as_object().unwrap().len(), 2, "{line}");
                    let topic = line["topic"].as_str().unwrap().to_owned();
                    return Ok((topic, line["seq"].as_i64().unwrap()));
                }
                Some(Ok(Message::Close(Some(frame)))) => return Err(frame.code.into()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return Err(0),
            }
        }
    }
}
