//! The REST API below `/api/v1`. Owns its addresses, what is read and written as JSON, and the OpenAPI document that is made
//! from the same types; decides nothing itself. One file per resource, each with its handlers and its representation.

#![expect(unused_qualifications, reason = "the macro that describes an operation writes them")]

mod asker;
mod body;
mod bulk;
mod document;
mod duplicates;
mod events;
mod exports;
mod fields;
mod imports;
mod interactions;
mod keys;
mod lead;
mod leads;
mod live;
mod me;
mod merges;
mod notes;
mod once;
mod overview;
mod paging;
mod pipelines;
mod roles;
mod routes;
mod rules;
mod scores;
mod settings;
mod strict;
mod tasks;
mod teams;
mod trials;
mod unmerges;
mod users;
mod version;
mod views;
mod worklist;

pub(crate) use exports::file;
pub(crate) use imports::{FileFormat, problem as transfer_problem};
pub(crate) use routes::api;
