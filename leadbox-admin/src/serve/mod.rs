//! How anything is served. Owns the mount and its prefix, assets, the headers of every answer, request ids, and how errors
//! are shown; knows nothing of leads.

mod accent;
mod arrival;
mod assets;
mod fragment;
mod headers;
mod limits;
mod mount;
mod paging;
mod prefix;
mod problem;
mod request;
mod streamed;
mod uploads;

pub(crate) use accent::accent_name;
pub(crate) use arrival::{arrived, aside, unread};
pub(crate) use assets::{asset, version};
pub(crate) use fragment::FRAGMENT;
pub(crate) use headers::guard;
pub use limits::Limits;
pub(crate) use limits::{Limiter, as_import, limit};
pub(crate) use mount::{mount, without_slash};
pub(crate) use paging::page_after;
pub(crate) use prefix::{Prefix, prefix_of};
pub(crate) use problem::{Issue, Problem, render};
pub(crate) use request::{RequestId, begin};
pub(crate) use streamed::streamed;
pub(crate) use uploads::{Chosen, Run, Upload, Uploads};
