//! The dashboard over HTTP, in this process: what each page shows and refuses, the API, and live updates at the socket.
//!
//! One program for all of it: linking one for each file took longer than the tests, and gigabytes.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod administering;
mod api;
mod beginning;
mod bulk;
mod custom_fields;
mod duplicates;
mod hidden_fields;
mod importing;
mod leads;
mod limits;
#[path = "../support/links.rs"]
mod links;
mod live;
mod mounting;
mod overview;
mod page_permissions;
mod permissions;
mod profile;
mod roles;
#[path = "../support/routes.rs"]
mod routes;
mod scoring;
mod signing_in;
#[path = "../support/mod.rs"]
mod support;
mod teams;
#[path = "../support/upload.rs"]
mod upload;
mod views;
mod working;
