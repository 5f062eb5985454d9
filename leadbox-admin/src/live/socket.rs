//! One socket, from its request to its end. Owns what travels on it: `{"topic","seq"}` to the asker, and nothing back but
//! signs of life.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use futures_util::SinkExt;
use leadbox_core::Position;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until, timeout};
use utoipa::IntoParams;

use super::hub::Seat;
use super::listener::{Listener, Told};
use super::news::News;
use super::topic::Topics;
use crate::admin::Shared;
use crate::serve::Problem;
use crate::who::{Principal, Refusal, is_own};

/// The most that is read at once; nobody has anything to say.
const MESSAGE: usize = 1024;
/// How many messages are put up with.
const PATIENCE: u32 = 100;
/// How often a sign of life is asked for: proxies end what is silent for a minute.
const PING: Duration = Duration::from_secs(20);
/// Without one for so long, nobody is there.
const SILENCE: Duration = Duration::from_secs(50);
/// How long the other end may take to receive something.
const SEND: Duration = Duration::from_secs(10);
/// What is remembered of users and roles may be a second old.
const SETTLED: Duration = Duration::from_millis(1100);

/// Not let in any longer: signed out, disabled, or the session's secret changed.
const SIGNED_OUT: u16 = 4401;
/// The program ends.
const GOING_AWAY: u16 = 1001;
/// Too much was said.
const POLICY: u16 = 1008;
/// Something broke; coming again may help.
const BROKEN: u16 = 1011;

/// What a socket asks for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Topics with commas between: `leads`, `lead:ID`, `lead:*`, `tasks`, `overview`, `users`, `roles`, `keys`, `settings`,
    /// `log`, `bulk:ID`, `import:ID`. All that have no id when not given.
    #[param(example = "leads,tasks")]
    topics: Option<String>,
    /// The `seq` of the last message that was read: what came since is told first.
    #[param(minimum = 0)]
    after: Option<i64>,
}

#[derive(Serialize)]
struct Line<'l> {
    topic: &'l str,
    seq: i64,
}

/// `GET /live`.
pub(crate) async fn live(
    State(shared): State<Shared>,
    Query(asked): Query<Asked>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    parts: Parts,
) -> Result<Response, Problem> {
    let principal = parts.extensions.get::<Principal>().cloned();
    let principal = principal.ok_or_else(|| Problem::forbidden("Nobody was let in."))?;
    // Browsers let any site open a socket to any other, cookies included.
    if !is_own(&parts.headers) {
        return Err(Problem::forbidden("This connection was asked for by another site."));
    }
    let topics = Topics::read(asked.topics.as_deref().unwrap_or_default())?;
    let upgrade = upgrade.map_err(|_| {
        let detail = "This address speaks WebSocket (RFC 6455).";
        Problem::new(StatusCode::UPGRADE_REQUIRED, "Not a WebSocket", detail)
    })?;
    let after = asked.after.map(Position);
    let head = shared.leadbox.log().head().await?.position;
    let (seat, news) =
        shared.hub.join(&shared.leadbox, &principal, head, shared.limiter.seats())?;
    let listener = Listener {
        access: Arc::clone(&shared.access),
        host: shared.leadbox.clone(),
        parts,
        principal,
        topics,
        until: after.map_or(head, |after| after.min(head)),
    };
    let closing = shared.closing.0.clone();
    Ok(upgrade.max_message_size(MESSAGE).max_frame_size(MESSAGE).on_upgrade(
        move |socket| async move {
            let mut line = Socket { socket, listener, heard: Instant::now(), said: 0 };
            let code = tokio::select! {
                code = line.run(news, after, seat) => code,
                () = closing => Some(GOING_AWAY),
            };
            line.close(code).await;
        },
    ))
}

struct Socket {
    socket: WebSocket,
    listener: Listener,
    /// When the other end was heard of last.
    heard: Instant,
    /// How many messages it sent.
    said: u32,
}

/// Why a socket ends: with this code, or because the other end is gone.
type End = Option<u16>;

impl Socket {
    /// Goes on until the socket ends; says why.
    async fn run(
        &mut self,
        mut news: Receiver<Arc<News>>,
        after: Option<Position>,
        _seat: Seat,
    ) -> End {
        if let Some(after) = after
            && let Err(end) = self.catch_up(after).await
        {
            return end;
        }
        let mut ping = Instant::now() + PING;
        let mut look = Instant::now() + self.listener.look_every();
        loop {
            let done = tokio::select! {
                found = news.recv() => self.take(found, &mut look).await,
                heard = self.socket.recv() => match heard {
                    Some(Ok(message)) => self.hear(&message),
                    _ => Err(None),
                },
                () = sleep_until(ping) => {
                    ping = Instant::now() + PING;
                    self.ping().await
                }
                () = sleep_until(look) => {
                    let looked = self.look_again().await;
                    look = Instant::now() + self.listener.look_every();
                    looked
                }
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    /// Tells what was found in the log; before that, who asks is looked up again if it may have changed.
    async fn take(
        &mut self,
        found: Result<Arc<News>, RecvError>,
        look: &mut Instant,
    ) -> Result<(), End> {
        let news = match found {
            Ok(news) => news,
            Err(RecvError::Lagged(_)) => Arc::new(News::Missed(self.listener.until)),
            Err(RecvError::Closed) => return Err(Some(BROKEN)),
        };
        if self.listener.is_touched_by(&news) {
            *look = Instant::now() + SETTLED;
            self.look_again().await?;
        }
        self.tell(&news).await
    }

    /// Tells what came since the asker last heard of anything.
    async fn catch_up(&mut self, after: Position) -> Result<(), End> {
        let host = &self.listener.host;
        let head = host.log().head().await.map_err(|_| Some(BROKEN))?.position;
        let news = if after > head {
            // It is of another log.
            Some(News::Missed(head))
        } else {
            News::behind(host, after).await.map_err(|_| Some(BROKEN))?
        };
        match news {
            Some(news) => self.tell(&news).await,
            None => Ok(()),
        }
    }

    async fn look_again(&mut self) -> Result<(), End> {
        self.listener.look_again().await.map_err(|refusal| match refusal {
            Refusal::Failed(_) => Some(BROKEN),
            _ => Some(SIGNED_OUT),
        })
    }

    async fn tell(&mut self, news: &News) -> Result<(), End> {
        let told = self.listener.told(news).await;
        self.send(&told).await
    }

    async fn send(&mut self, told: &Told) -> Result<(), End> {
        let lines: BTreeMap<String, Position> = match told {
            Told::Missed(until) => [("*".to_owned(), *until)].into(),
            Told::Topics(topics) => {
                topics.iter().map(|(topic, position)| (topic.to_string(), *position)).collect()
            }
        };
        let sent = timeout(SEND, async {
            for (topic, position) in &lines {
                let line = Line { topic, seq: position.0 };
                // It holds nothing that could fail.
                let text = serde_json::to_string(&line).unwrap_or_default();
                self.socket.feed(Message::text(text)).await?;
            }
            self.socket.flush().await
        });
        match sent.await {
            Ok(Ok(())) => Ok(()),
            _ => Err(None),
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.heard.elapsed() > SILENCE {
            return Err(None);
        }
        match timeout(SEND, self.socket.send(Message::Ping(Default::default()))).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(None),
        }
    }

    fn hear(&mut self, message: &Message) -> Result<(), End> {
        self.heard = Instant::now();
        match message {
            Message::Close(_) => return Err(None),
            Message::Pong(_) => {}
            _ => self.said += 1,
        }
        if self.said > PATIENCE { Err(Some(POLICY)) } else { Ok(()) }
    }

    async fn close(mut self, end: End) {
        let Some(code) = end else { return };
        let frame = CloseFrame { code, reason: Default::default() };
        // Whoever does not take it is gone anyway.
        let _ = timeout(SEND, self.socket.send(Message::Close(Some(frame)))).await;
    }
}
