//! The frame of a page for somebody who was let in. Owns the sidebar: which pages there are, and which of them this person
//! may see.

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use leadbox_core::access::{Capability, Permission};
use leadbox_core::proof::Token;
use leadbox_core::service::SessionPolicy;
use leadbox_core::{LeadBox, Position, UserId};

use super::{Doc, format};
use crate::admin::Shared;
use crate::brand::Brand;
use crate::serve::Problem;
use crate::who::{Principal, Via};

/// A part of the sidebar.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) items: Vec<Item>,
}

/// A page in the sidebar.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) label: &'static str,
    /// Below the mount, without a slash in front.
    pub(crate) path: &'static str,
    pub(crate) icon: &'static str,
}

/// The frame of a page.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    pub(crate) nav: Vec<Section>,
    pub(crate) current: &'static str,
    pub(crate) name: String,
    pub(crate) note: String,
    pub(crate) initials: String,
    /// Whether there is an account with a page of its own.
    pub(crate) has_account: bool,
    /// Whether there is a session to end.
    pub(crate) signs_out: bool,
    /// Where the log ended when the page was made; none for what no address shows again.
    pub(crate) seq: Option<Position>,
}

impl Shell {
    fn of(principal: &Principal, seq: Option<Position>) -> Self {
        let item = |label, path, icon| Item { label, path, icon };
        let rights = principal.leadbox.rights();
        let administer = [
            (&[Capability::UsersManage][..], item("Users", "users", "users")),
            (&[Capability::UsersManage], item("Teams", "teams", "merge")),
            (&[Capability::RolesManage], item("Roles", "roles", "lock")),
            (&[Capability::KeysManage], item("API keys", "keys", "key")),
            (&[Capability::AuditRead], item("Activity log", "log", "log")),
            (&[Capability::FieldsManage], item("Custom fields", "settings/fields", "columns")),
            (&[Capability::SettingsManage], item("Settings", "settings", "cog")),
            (&[Capability::SystemRead], item("System", "system", "system")),
        ];
        let administer: Vec<Item> = administer
            .into_iter()
            .filter(|(capabilities, _)| rights.require_any(capabilities).is_ok())
            .map(|(_, item)| item)
            .collect();
        let mut leads = vec![item("All leads", "leads", "list")];
        if rights.user().is_some() {
            leads.push(item("My leads", "my-leads", "user"));
        }
        leads.push(item("Tasks", "tasks", "task"));
        if rights.level(Permission::LeadRead).is_some() {
            leads.push(item("Duplicates", "duplicates", "duplicate"));
        }
        if rights.can(Capability::LeadsImport) {
            leads.push(item("Import", "import", "import"));
        }
        let mut automate = Vec::new();
        if rights.can(Capability::RulesManage) {
            automate.push(item("Scoring", "scoring", "score"));
        }
        let mut nav = vec![
            Section { title: "Analyse", items: vec![item("Overview", "", "home")] },
            Section { title: "Leads", items: leads },
            Section { title: "Automate", items: automate },
            Section { title: "Administer", items: administer },
        ];
        nav.retain(|section| !section.items.is_empty());
        Self {
            nav,
            current: "",
            name: principal.name.clone(),
            note: principal.note.clone(),
            initials: format::initials(&principal.name),
            has_account: rights.oneself().is_some(),
            signs_out: matches!(principal.via, Via::Session(_)),
            seq,
        }
    }
}

/// Somebody who was let in, with the frame of a page.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) doc: Doc,
    pub(crate) shell: Shell,
    /// LeadBox, as this person sees it.
    pub(crate) leadbox: LeadBox,
    /// The session by which it came in, if it was one.
    pub(crate) session: Option<Token>,
    /// Whether LeadBox's own users sign in here, and not the host's.
    pub(crate) own_sign_in: bool,
    /// How long sessions last.
    pub(crate) policy: SessionPolicy,
    /// The host's own handle, for what no page may show.
    host: LeadBox,
    /// What the host says of whose box it is.
    brand: Brand,
}

impl Visit {
    /// Whether a user has set a password.
    pub(super) async fn has_password(&self, user: UserId) -> Result<bool, Problem> {
        Ok(self.host.passwords().credential(user).await?.is_some())
    }

    /// Whether the host leaves the name to the settings.
    pub(super) fn may_brand(&self) -> bool {
        self.brand.name.is_empty()
    }

    /// Whether the host leaves the colour to the settings.
    pub(super) fn may_colour(&self) -> bool {
        self.brand.accent.is_none()
    }

    /// The frame with this page marked in the sidebar.
    pub(crate) fn on(mut self, path: &'static str) -> Self {
        self.shell.current = path;
        self
    }
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        let Ok(doc) = Doc::from_request_parts(parts, shared).await;
        let principal = parts.extensions.get::<Principal>();
        // Every route inside lies behind the layer that puts it there.
        let principal = principal.ok_or_else(|| Problem::forbidden("Nobody was let in."))?;
        // Before anything is read: what comes meanwhile is told to the page.
        let seq = match parts.method {
            Method::GET => Some(shared.leadbox.log().head().await?.position),
            _ => None,
        };
        Ok(Self {
            doc,
            shell: Shell::of(principal, seq),
            leadbox: principal.leadbox.clone(),
            session: match &principal.via {
                Via::Session(token) => Some(Token::clone(token)),
                _ => None,
            },
            own_sign_in: shared.own_users.is_some(),
            policy: shared.own_users.unwrap_or_default().sessions,
            host: shared.leadbox.clone(),
            brand: shared.brand.clone(),
        })
    }
}
