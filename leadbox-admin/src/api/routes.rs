//! Which address does what. Owns the table; what is not in it is not in the document either.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::response::Json;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use super::document::{Beginning, below, completed};
use super::{
    bulk, duplicates, events, exports, fields, imports, interactions, keys, leads, live, me,
    merges, notes, overview, pipelines, roles, rules, scores, settings, tasks, teams, trials,
    unmerges, users, views, worklist,
};
use crate::admin::Shared;
use crate::serve::{Prefix, Problem, as_import};

/// The most that a body of JSON may have.
const BODY_LIMIT: usize = 1024 * 1024;

/// The API, for whoever was let in.
pub(crate) fn api() -> Router<Shared> {
    let (router, document) = OpenApiRouter::with_openapi(Beginning::openapi())
        .routes(routes!(overview::read))
        .routes(routes!(leads::list, leads::capture))
        .routes(routes!(leads::count))
        .routes(routes!(worklist::list))
        .routes(routes!(exports::export))
        .routes(routes!(leads::read, leads::change, leads::delete))
        .routes(routes!(leads::advance))
        .routes(routes!(interactions::list, interactions::record))
        .routes(routes!(interactions::mark))
        .routes(routes!(interactions::stays))
        .routes(routes!(interactions::timeline))
        .routes(routes!(scores::explain))
        .routes(routes!(scores::history))
        .routes(routes!(tasks::of_lead, tasks::add))
        .routes(routes!(tasks::list))
        .routes(routes!(tasks::read, tasks::change, tasks::delete))
        .routes(routes!(tasks::set_state))
        .routes(routes!(notes::list, notes::add))
        .routes(routes!(notes::change, notes::delete))
        .routes(routes!(views::list, views::save))
        .routes(routes!(views::read, views::change, views::delete))
        .routes(routes!(views::take_over))
        .routes(routes!(duplicates::of_lead))
        .routes(routes!(duplicates::list))
        .routes(routes!(duplicates::tell_apart))
        .routes(routes!(merges::plan))
        .routes(routes!(merges::merge))
        .routes(routes!(unmerges::list))
        .routes(routes!(unmerges::plan))
        .routes(routes!(unmerges::unmerge))
        .routes(routes!(bulk::plan))
        .routes(routes!(bulk::start))
        .routes(routes!(bulk::read))
        .routes(routes!(bulk::refusals))
        .routes(routes!(bulk::cancel))
        .routes(routes!(bulk::plan_undo))
        .routes(routes!(bulk::undo))
        .routes(routes!(imports::import).layer(from_fn(as_import)))
        .routes(routes!(imports::read))
        .routes(routes!(fields::list))
        .routes(routes!(fields::read, fields::define))
        .routes(routes!(fields::set_status))
        .routes(routes!(fields::plan_retype))
        .routes(routes!(fields::retype))
        .routes(routes!(pipelines::list))
        .routes(routes!(rules::list))
        .routes(routes!(rules::read))
        .routes(routes!(rules::write, rules::drop_draft))
        .routes(routes!(rules::version))
        .routes(routes!(rules::publish))
        .routes(routes!(rules::enforce))
        .routes(routes!(rules::withdraw))
        .routes(routes!(rules::book))
        .routes(routes!(rules::arrange))
        .routes(routes!(rules::set_rescore))
        .routes(routes!(rules::check))
        .routes(routes!(rules::words))
        .routes(routes!(trials::preview))
        .routes(routes!(trials::backtest))
        .routes(routes!(trials::what_if))
        .routes(routes!(settings::read, settings::change))
        .routes(routes!(users::list, users::add))
        .routes(routes!(users::read, users::change))
        .routes(routes!(users::access))
        .routes(routes!(users::link))
        .routes(routes!(users::sign_out))
        .routes(routes!(teams::list, teams::add))
        .routes(routes!(teams::change))
        .routes(routes!(roles::list))
        .routes(routes!(roles::define, roles::remove))
        .routes(routes!(keys::list, keys::make))
        .routes(routes!(keys::rotate))
        .routes(routes!(keys::revoke))
        .routes(routes!(events::list))
        .routes(routes!(events::verify))
        .routes(routes!(live::connect))
        .routes(routes!(me::read))
        .split_for_parts();
    let document = Arc::new(completed(document));
    let described = move |prefix: Prefix| async move {
        let document = document.as_ref().as_ref().map_err(|error| Problem::broken(error))?;
        Ok::<_, Problem>(Json(below(document, &prefix)))
    };
    router.route("/openapi.json", get(described)).layer(DefaultBodyLimit::max(BODY_LIMIT))
}
