#![doc = include_str!("../README.md")]

mod admin;
mod api;
mod brand;
mod demo;
mod live;
mod page;
mod serve;
mod who;

pub use admin::Admin;
pub use brand::{Brand, Logo, LogoError};
pub use demo::{Demo, DemoProgress};
pub use page::password_path;
pub use serve::Limits;
pub use who::{Access, ClientAddress, OwnUsers, PasswordError, Principal, Refusal, Via};
