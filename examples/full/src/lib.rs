#![doc = include_str!("../README.md")]

mod app;
mod brand;
mod contact;
mod desk;
mod home;
mod layout;
mod run;
mod session;
mod sign_in;
mod staff;

pub use app::{Host, app};
pub use brand::Brand;
pub use run::run;
pub use staff::{Employee, Job, Staff};
