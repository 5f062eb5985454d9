//! What the program does, one module per command. Owns the way from a command line to its end; each command opens the
//! storage it needs and says its outcome once.

mod analytics;
mod audit;
mod demo;
mod doctor;
mod duplicates;
mod export;
mod fields;
mod import;
mod keys;
mod leads;
mod named;
mod office;
mod roles;
mod rules;
mod run;
mod serve;
mod settings;
mod tasks;
mod teams;
mod users;
mod views;
mod which;
mod worklist;

pub(crate) use run::run;
