//! Live updates: who is there is told that something changed, and never what. Owns following the log, the sockets, and that
//! each is told only of what its asker may read; knows nothing of pages, which fetch for themselves what they show.
//!
//! One task per mounted dashboard follows the log while there are sockets, and hands what it finds to all of them; each socket
//! decides for its own asker. Nothing runs while nobody listens.

mod fact;
mod follower;
mod hub;
mod listener;
mod news;
mod socket;
mod topic;

pub(crate) use hub::{Hub, Seats};
pub(crate) use socket::{Asked, live};
