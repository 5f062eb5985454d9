//! The contract: from a request's head to who asks. Knows nothing of how anybody proves it.

use std::fmt::Debug;

use async_trait::async_trait;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use leadbox_core::LeadBox;
use leadbox_core::proof::Token;

/// How somebody came in.
#[derive(Clone, Debug)]
pub enum Via {
    /// By a session of LeadBox's own sign-in.
    Session(Box<Token>),
    /// By an API key, in the header `Authorization: Bearer lbk_...`.
    Key(Box<Token>),
    /// By whatever the host does.
    Host,
}

/// Who asks: a handle that sees and may do what that person may, and what the page shows of it.
#[derive(Clone, Debug)]
pub struct Principal {
    /// LeadBox, as this person sees it.
    pub leadbox: LeadBox,
    /// The name that the page shows.
    pub name: String,
    /// What stands below the name, such as the roles.
    pub note: String,
    /// How it came in.
    pub via: Via,
    /// A cookie that the answer has to set.
    pub set_cookie: Option<HeaderValue>,
}

impl Principal {
    /// Somebody whom the host knows. Give `leadbox` its rights with
    /// [`LeadBox::as_user`] or [`LeadBox::with_rights`].
    pub fn of_host(leadbox: LeadBox, name: impl Into<String>) -> Self {
        Self { leadbox, name: name.into(), note: String::new(), via: Via::Host, set_cookie: None }
    }
}

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// One has to sign in first. A page goes to this address (a path below the mount when it begins with `./`, else as it
    /// stands); the API answers 401.
    #[error("sign in first")]
    SignIn(String),
    /// Known, but not let in.
    #[error("not let in")]
    Forbidden,
    /// Not even the existence of the dashboard is admitted.
    #[error("not found")]
    NotFound,
    /// It could not be found out.
    #[error("it could not be found out who asks")]
    Failed(#[from] leadbox_core::Error),
}

/// Tells who asks. LeadBox's own users are one implementation ([`OwnUsers`](super::OwnUsers)); a host that has users of its
/// own writes another.
///
/// ```
/// use axum::http::request::Parts;
/// use leadbox_admin::{Access, Principal, Refusal};
/// use leadbox_core::access::{Grants, Level, Permission, Rights};
/// use leadbox_core::{Actor, LeadBox};
///
/// /// Put into the request by the host's own middleware.
/// #[derive(Clone)]
/// struct Employee {
///     name: String,
///     sells: bool,
/// }
///
/// #[derive(Debug)]
/// struct Employees;
///
/// #[async_trait::async_trait]
/// impl Access for Employees {
///     async fn principal(&self, leadbox: &LeadBox, parts: &Parts) -> Result<Principal, Refusal> {
///         let employee = parts.extensions.get::<Employee>();
///         let employee = employee.ok_or_else(|| Refusal::SignIn("/login".to_owned()))?;
///         if !employee.sells {
///             return Err(Refusal::Forbidden);
///         }
///         let grants = Grants::default().allow(Permission::LeadRead, Level::All);
///         let asker = leadbox.with_rights(Actor::host(), Rights::granted(None, [], grants));
///         Ok(Principal::of_host(asker, &employee.name))
///     }
/// }
/// ```
#[async_trait]
pub trait Access: Debug + Send + Sync + 'static {
    /// Who asks. `leadbox` is the host's own handle, which may do everything.
    ///
    /// # Errors
    /// Why nobody is let in.
    async fn principal(&self, leadbox: &LeadBox, parts: &Parts) -> Result<Principal, Refusal>;

    /// Who asks by now, on a connection for live updates that stays open: `known` came with this request earlier. A
    /// connection is closed within two seconds once this refuses, so it is asked every second. By default it is as if the
    /// same request came again.
    ///
    /// # Errors
    /// Why nobody is let in any longer.
    async fn still(
        &self,
        leadbox: &LeadBox,
        parts: &Parts,
        known: &Principal,
    ) -> Result<Principal, Refusal> {
        let _ = known;
        self.principal(leadbox, parts).await
    }
}
