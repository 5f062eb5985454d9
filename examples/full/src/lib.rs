#![doc = include_str!("../README.md")]

mod app;
mod brand;
mod contact;
mod desk;
mod home;
mod layout;
mod rules;
mod run;
mod session;
mod sign_in;
mod staff;

pub use app::{Host, app};
pub use brand::Brand;
pub use rules::publish_rules;
pub use run::run;
pub use staff::{Employee, Job, Staff};
