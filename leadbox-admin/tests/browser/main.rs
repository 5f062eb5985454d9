//! The dashboard in a real browser: headless Chromium, driven over `WebDriver`, against dashboards in this process.
//!
//! `pages.rs` is the table of pages and `actions.rs` that of what can be done on them; the others look at both.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod actions;
mod axe;
mod charts;
mod chrome;
mod documented;
mod editor;
mod faults;
mod grid;
mod hands;
mod house;
mod keyboard;
mod live;
mod pages;
#[path = "../support/routes.rs"]
mod routes;
mod screenshots;
mod shapes;
mod tab;
mod theme;
mod unscripted;
#[path = "../support/upload.rs"]
mod upload;

#[expect(dead_code, reason = "each test file uses its part")]
#[path = "../support/mod.rs"]
mod support;
