//! The pages: a list of leads, a lead, and errors. Owns routes and their HTML, rendered on the server; a plain stand-in
//! until the dashboard is mounted here. Every value is escaped by the templates, nothing is inline, nothing comes from
//! another host.

mod error;
mod format;
mod health;
mod layout;
mod lead;
mod list;
mod router;
mod timeline;

pub(crate) use router::router;
