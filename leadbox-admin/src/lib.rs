#![doc = include_str!("../README.md")]

mod admin;
mod api;
mod live;
mod page;
mod serve;
mod who;

pub use admin::Admin;
pub use page::password_path;
pub use serve::Limits;
pub use who::{Access, ClientAddress, OwnUsers, PasswordError, Principal, Refusal, Via};
