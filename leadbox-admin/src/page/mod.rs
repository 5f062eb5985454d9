//! The pages. Owns what each shows and does; every value is escaped by the templates, and everything reads and submits
//! without scripts.

mod activity;
mod doc;
mod edit;
mod effective;
mod fields;
mod first_run;
mod format;
mod granting;
mod input;
mod interaction;
mod issues;
mod keys;
mod lead;
mod leads;
mod log;
mod menu;
mod moment;
mod note;
mod overview;
mod problem;
mod profile;
mod region;
mod role;
mod roles;
mod routes;
mod rows;
mod secret;
mod sessions;
mod set_password;
mod settings;
mod shell;
mod sign_in;
mod system;
mod task;
mod tasks;
mod team;
mod teams;
mod user;
mod users;
mod words;

pub(crate) use doc::{Doc, escaped};
pub(crate) use problem::problem;
pub(crate) use routes::{inside, missing, not_allowed, outside, sign_in};
pub use set_password::password_path;
