//! The sockets of a mounted dashboard. Owns how many there may be, and that somebody follows the log for them while there
//! are any.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leadbox_core::{ActorKind, LeadBox, Position, Tenant};
use tokio::sync::broadcast::{self, Receiver, Sender, WeakSender};
use uuid::Uuid;

use super::follower::follow;
use super::news::News;
use crate::serve::Problem;
use crate::who::Principal;

/// How much may wait for a socket that is slow, in batches; what comes beyond that, it is told to have missed.
const QUEUE: usize = 32;

/// Who has sockets: of LeadBox's own, the user or the key; of a host's, whom it names.
type Who = (Tenant, ActorKind, Option<Uuid>, String);

/// The sockets of a dashboard.
#[derive(Debug, Default)]
pub(crate) struct Hub(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// To whom the follower hands what it finds. The follower's own: whatever ends it ends this too, such as the end of the
    /// runtime that it runs on.
    sender: Option<WeakSender<Arc<News>>>,
    /// How many each has.
    sockets: HashMap<Who, usize>,
}

/// The place of one socket, until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    hub: Arc<Hub>,
    who: Who,
}

/// How many sockets there may be, in all and for each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seats {
    pub(crate) all: usize,
    pub(crate) each: usize,
}

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        // Counts and a channel: whatever state a panic left them in is a valid one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a socket and what will be found from now on; if it is the first, in the log behind `head`.
    ///
    /// # Errors
    /// When there are too many.
    pub(super) fn join(
        self: &Arc<Self>,
        host: &LeadBox,
        principal: &Principal,
        head: Position,
        seats: Seats,
    ) -> Result<(Seat, Receiver<Arc<News>>), Problem> {
        let actor = principal.leadbox.actor();
        let name = if actor.id.is_some() { String::new() } else { principal.name.clone() };
        let who = (principal.leadbox.tenant(), actor.kind, actor.id, name);
        let mut state = self.state();
        let own = state.sockets.get(&who).copied().unwrap_or_default();
        if own >= seats.each || state.sockets.values().sum::<usize>() >= seats.all {
            return Err(Problem {
                detail: "There are too many connections.".to_owned(),
                ..Problem::too_many(30)
            });
        }
        state.sockets.insert(who.clone(), own + 1);
        let receiver = match state.sender.as_ref().and_then(WeakSender::upgrade) {
            Some(sender) => sender.subscribe(),
            None => {
                let (sender, receiver) = broadcast::channel(QUEUE);
                state.sender = Some(sender.downgrade());
                tokio::spawn(follow(Arc::clone(self), host.clone(), head, sender));
                receiver
            }
        };
        Ok((Seat { hub: Arc::clone(self), who }, receiver))
    }

    /// Whether the follower may end, because nobody has come meanwhile.
    pub(super) fn ends(&self, sender: &Sender<Arc<News>>) -> bool {
        let mut state = self.state();
        let ends = sender.receiver_count() == 0;
        if ends {
            state.sender = None;
        }
        ends
    }

    /// How many sockets there are, and whether somebody follows the log.
    #[cfg(test)]
    pub(super) fn count(&self) -> (usize, bool) {
        let state = self.state();
        let follows = state.sender.as_ref().and_then(WeakSender::upgrade).is_some();
        (state.sockets.values().sum(), follows)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        if let Some(count) = state.sockets.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                state.sockets.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use leadbox_core::testing::{Sandbox, some_lead};

    use super::*;

    const FEW: Seats = Seats { all: 3, each: 2 };

    fn principal(leadbox: &LeadBox, name: &str) -> Principal {
        Principal::of_host(leadbox.clone(), name)
    }

    #[tokio::test]
    async fn there_is_a_follower_while_somebody_listens() {
        let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
        let hub = Arc::new(Hub::default());
        for round in 0..3 {
            let head = leadbox.log().head().await.unwrap().position;
            let ann = principal(&leadbox, "ann");
            let (first, mut news) = hub.join(&leadbox, &ann, head, FEW).unwrap();
            let (second, other) = hub.join(&leadbox, &ann, head, FEW).unwrap();
            assert_eq!(hub.count(), (2, true));
            leadbox.leads().capture(&some_lead(round)).await.unwrap();
            let found = news.recv().await.unwrap();
            assert_eq!(found.until(), Position(head.0 + 1));
            drop((first, news));
            assert_eq!(hub.count(), (1, true));
            drop((second, other));
            while hub.count() != (0, false) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    #[test]
    fn a_runtime_that_ends_takes_no_follower_from_those_who_come_later() {
        let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
        let hub = Arc::new(Hub::default());
        for round in 0..2 {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let head = leadbox.log().head().await.unwrap().position;
                let ann = principal(&leadbox, "ann");
                let (_seat, mut news) = hub.join(&leadbox, &ann, head, FEW).unwrap();
                leadbox.leads().capture(&some_lead(round)).await.unwrap();
                let found = tokio::time::timeout(Duration::from_secs(20), news.recv()).await;
                assert_eq!(found.unwrap().unwrap().until(), Position(head.0 + 1));
            });
        }
    }

    #[tokio::test]
    async fn there_are_only_so_many_sockets() {
        let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
        let hub = Arc::new(Hub::default());
        let join = |name: &str| hub.join(&leadbox, &principal(&leadbox, name), Position(0), FEW);
        let (ann, _again) = (join("ann").unwrap(), join("ann").unwrap());
        assert_eq!(join("ann").unwrap_err().status.as_u16(), 429, "each");
        let _bob = join("bob").unwrap();
        assert_eq!(join("cy").unwrap_err().status.as_u16(), 429, "all");
        drop(ann);
        join("cy").unwrap();
    }
}
