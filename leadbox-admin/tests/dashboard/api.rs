//! The API: what programs do with it, and what they are told when they do it wrong.

mod access;
mod duplicates;
mod files;
mod leads;
pub mod program;
mod requests;
mod scoring;
mod setup;
mod views;

use leadbox_core::access::Grants;
use program::Program;
use serde_json::{Value, json};

use crate::support::Office;

const PREFIX: &str = "/leads-admin";

/// An office, and a program of the host's that may do everything.
async fn office() -> (Office, Program) {
    let office = Office::new(PREFIX);
    let everything = Grants::everything();
    let program = Program::of(&office.app, PREFIX, &office.sandbox.leadbox, None, everything).await;
    (office, program)
}

fn ada() -> Value {
    json!({"name": "Ada Lovelace", "email": "ada@analytical.example", "upsert_by": ["email"], "value": "1250.50 EUR"})
}
