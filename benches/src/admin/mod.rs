//! The pages of the dashboard over HTTP, each beside its limit, and some beside a page written by hand with the same rows.

mod browser;
mod house;
mod pages;
mod peer;
mod run;

pub use run::{Asked, run};
