//! Which address is which page. Owns the table; what is inside needs somebody who was let in, what is outside does not.

use axum::Router;
use axum::extract::OriginalUri;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::{
    bulk, bulk_plan, completeness, custom_field, custom_fields, duplicates, edit, first_run,
    import, import_file, industry_names, interaction, keys, lead, leads, log, menu, merge,
    my_leads, note, overview, profile, retype, role, roles, rule_set, scoring, set_password,
    settings, sign_in as sign_in_page, system, task, team, teams, undo, unmerge, user, users,
    verification, view, welcome, work,
};
use crate::admin::Shared;
use crate::live::live;
use crate::serve::{Problem, as_import, asset, without_slash};

/// For whoever was let in.
pub(crate) fn inside() -> Router<Shared> {
    Router::new()
        .route("/", get(overview::overview))
        .route("/leads", get(leads::leads))
        .route("/my-leads", get(my_leads::my_leads))
        .route("/leads/export", get(leads::export))
        .route("/views", post(view::make))
        .route("/views/new", get(view::blank))
        .route("/views/{id}", get(view::edit).post(view::save))
        .route("/views/{id}/list", post(view::keep))
        .route("/views/{id}/take-over", post(view::take_over))
        .route("/views/{id}/delete", post(view::delete))
        .route("/bulk", post(bulk_plan::start))
        .route("/bulk/new", get(bulk_plan::plan))
        .route("/bulk/{id}", get(bulk::bulk))
        .route("/bulk/{id}/cancel", post(bulk::cancel))
        .route("/bulk/{id}/undo", get(undo::plan_bulk).post(undo::undo_bulk))
        .route(
            "/import",
            post(import_file::upload)
                .layer(import_file::limit())
                .layer(from_fn(as_import))
                .get(import_file::form),
        )
        .route("/import/{id}", get(import::import).post(import::run))
        .route("/import/{id}/refused", get(import::refused))
        .route("/import/{id}/undo", get(undo::plan_import).post(undo::undo_import))
        .route("/leads/new", get(edit::blank).post(edit::add))
        .route("/leads/{id}", get(lead::lead))
        .route("/leads/{id}/edit", get(edit::edit).post(edit::save))
        .route("/leads/{id}/stage", post(lead::advance))
        .route("/leads/{id}/merge", get(merge::plan).post(merge::merge))
        .route("/leads/{id}/merges/{event}/undo", get(unmerge::plan).post(unmerge::undo))
        .route("/duplicates", get(duplicates::duplicates))
        .route("/duplicates/{a}/{b}", post(duplicates::tell_apart))
        .route("/leads/{id}/tasks", post(task::add))
        .route("/leads/{id}/notes", post(note::add))
        .route("/leads/{id}/interactions", post(interaction::record))
        .route("/tasks", get(work::work))
        .route("/tasks/{id}", get(task::edit).post(task::save))
        .route("/tasks/{id}/complete", post(task::complete))
        .route("/tasks/{id}/reopen", post(task::reopen))
        .route("/tasks/{id}/delete", post(task::delete))
        .route("/notes/{id}", get(note::edit).post(note::save))
        .route("/notes/{id}/delete", post(note::delete))
        .route("/interactions/{id}/mark", post(interaction::mark))
        .route("/users", get(users::users).post(users::invite))
        .route("/users/{id}", get(user::user).post(user::change))
        .route("/teams", get(teams::teams).post(teams::add))
        .route("/teams/{id}", get(team::team).post(team::change))
        .route("/roles", get(roles::roles))
        .route("/roles/new", get(role::blank).post(role::make))
        .route("/roles/{key}", get(role::role).post(role::save))
        .route("/roles/{key}/remove", get(role::confirm).post(role::remove))
        .route("/keys", get(keys::keys).post(keys::make))
        .route("/keys/{id}/rotate", post(keys::rotate))
        .route("/keys/{id}/revoke", post(keys::revoke))
        .route("/log", get(log::log))
        .route("/log/verify", get(verification::verification))
        .route("/scoring", get(scoring::scoring).post(scoring::begin))
        .route("/scoring-pause", post(scoring::pause))
        .route("/scoring-resume", post(scoring::resume))
        .route("/scoring/{set}", get(rule_set::rule_set).post(rule_set::save))
        .route("/scoring/{set}/try", post(rule_set::try_out))
        .route("/scoring/{set}/drop", post(rule_set::drop_draft))
        .route("/scoring/{set}/enforce", post(rule_set::enforce))
        .route("/scoring/{set}/withdraw", post(rule_set::withdraw))
        .route("/settings", get(settings::settings).post(settings::save))
        .route("/settings/completeness", get(completeness::completeness).post(completeness::save))
        .route("/settings/industries", get(industry_names::names).post(industry_names::add))
        .route("/settings/industries/remove", post(industry_names::remove))
        .route("/settings/fields", get(custom_fields::custom_fields).post(custom_fields::add))
        .route("/settings/fields/{key}", get(custom_field::custom_field).post(custom_field::save))
        .route("/settings/fields/{key}/archive", post(custom_field::archive))
        .route("/settings/fields/{key}/restore", post(custom_field::restore))
        .route("/settings/fields/{key}/type", get(retype::plan).post(retype::start))
        .route("/system", get(system::system))
        .route("/live", get(live))
        .route("/welcome", get(welcome::welcome))
        .route("/welcome/demo", post(welcome::demo))
        .route("/menu", get(menu::menu))
        .route("/profile", get(profile::profile).post(profile::change))
}

/// For whoever was let in, where LeadBox's own users are: their passwords and sessions.
pub(crate) fn own_users() -> Router<Shared> {
    Router::new()
        .route("/users/{id}/link", post(user::make_link))
        .route("/users/{id}/sign-out", post(user::sign_out))
        .route("/profile/password", post(profile::set_password))
        .route("/profile/sign-out", post(profile::sign_out))
}

/// For everybody.
pub(crate) fn outside() -> Router<Shared> {
    Router::new().route("/assets/{version}/{name}", get(asset))
}

/// How LeadBox's own users get in and out.
pub(crate) fn sign_in() -> Router<Shared> {
    Router::new()
        .route("/sign-in", get(sign_in_page::form).post(sign_in_page::sign_in))
        .route("/sign-out", post(sign_in_page::sign_out))
        .route("/first-run", get(first_run::form).post(first_run::create))
        .route("/invitation", get(set_password::form).post(set_password::redeem))
        .route("/reset", get(set_password::form).post(set_password::redeem))
}

/// What has no page. A slash too many at the end is taken off.
pub(crate) async fn missing(OriginalUri(uri): OriginalUri) -> Response {
    if uri.path().len() > 1 && uri.path().ends_with('/') {
        return without_slash(OriginalUri(uri)).await.into_response();
    }
    Problem::not_found("There is no such page.").into_response()
}

/// A page that does not take what was sent.
pub(crate) async fn not_allowed() -> Problem {
    Problem::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "Method not allowed",
        "This address does not take that.",
    )
}
