//! What comes after the first run: made-up data, a file, or nothing. Owns the choice; what is made up is the host's.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Redirect};
use leadbox_core::access::Capability;
use leadbox_core::{Denied, LeadBox};

use super::Doc;
use super::shell::{Shell, Visit};
use crate::admin::Shared;
use crate::demo::{Offer, Stage, is_empty};
use crate::serve::Problem;

/// What making data up needs: it makes users and fields too.
const NEEDS: [Capability; 3] =
    [Capability::LeadsImport, Capability::UsersManage, Capability::FieldsManage];

/// The made-up data that is offered.
struct Demo {
    says: String,
    running: bool,
    failed: String,
    done: u64,
    of: u64,
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    /// None where the host has none, or it is not for this person.
    demo: Option<Demo>,
    empty: bool,
    running: bool,
    may_import: bool,
}

fn allowed(leadbox: &LeadBox) -> Result<(), Denied> {
    NEEDS.iter().try_for_each(|needed| leadbox.rights().require_capability(*needed))
}

/// The host's made-up data, which is for the tenant that it mounts the dashboard for.
fn offer<'s>(shared: &'s Shared, asker: &LeadBox) -> Option<&'s Offer> {
    shared.offer.as_ref().filter(|_| asker.tenant() == shared.leadbox.tenant())
}

/// `GET /welcome`.
pub(crate) async fn welcome(
    State(shared): State<Shared>,
    visit: Visit,
) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("welcome");
    let empty = is_empty(&shared.leadbox.for_tenant(leadbox.tenant())).await?;
    let offer = offer(&shared, &leadbox).filter(|_| allowed(&leadbox).is_ok());
    let demo = offer.map(shown).filter(|demo| empty || demo.running);
    let page = Page {
        running: demo.as_ref().is_some_and(|demo| demo.running),
        may_import: leadbox.rights().can(Capability::LeadsImport),
        demo,
        empty,
        doc,
        shell,
    };
    Ok(Html(page.render()?))
}

fn shown(offer: &Offer) -> Demo {
    let (stage, progress) = (offer.stage(), &offer.progress);
    Demo {
        says: offer.says(),
        running: stage == Stage::Running,
        done: progress.done(),
        of: progress.of(),
        failed: if let Stage::Failed(why) = stage { why } else { String::new() },
    }
}

/// `POST /welcome/demo`.
pub(crate) async fn demo(State(shared): State<Shared>, visit: Visit) -> Result<Redirect, Problem> {
    allowed(&visit.leadbox)?;
    let missing = || Problem::not_found("There is no made-up data.");
    let offer = offer(&shared, &visit.leadbox).ok_or_else(missing)?;
    let work = offer.begin(&shared.leadbox, &visit.leadbox).await?;
    // Little data is there at once.
    drop(tokio::time::timeout(std::time::Duration::from_secs(1), work).await);
    let done = offer.stage() == Stage::Done;
    Ok(Redirect::to(&visit.doc.page(if done { "" } else { "welcome" })))
}
