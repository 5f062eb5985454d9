//! The dashboard as a host puts it together. Owns its parts and options, and the order of its layers.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use leadbox_core::LeadBox;
use leadbox_core::proof::{Lockout, Secret};
use leadbox_core::service::SessionPolicy;
use tower_http::compression::CompressionLayer;

use crate::api::api;
use crate::brand::Brand;
use crate::demo::{Demo, Offer};
use crate::live::Hub;
use crate::page;
use crate::serve::{Limiter, Limits, Problem, Uploads, begin, guard, limit, mount, render};
use crate::who::{Access, Addresses, OwnUsers, Pace, Passwords, Throttle, Via, refuse_cross_site};

/// The most that a form may send.
const FORM_LIMIT: usize = 256 * 1024;

/// The dashboard, to be mounted into a host's router.
///
/// By default nobody is let in who has not signed in as one of LeadBox's own users; a host that has users of its own hands
/// them over by [`access`](Self::access).
///
/// ```
/// use std::sync::Arc;
///
/// use axum::Router;
/// use leadbox_admin::Admin;
/// use leadbox_core::{LeadBox, MemoryStorage};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new())).build()?;
/// let app: Router = Router::new();
/// let app = Admin::new(leadbox).mount(app, "/leads-admin");
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Admin {
    shared: Shared,
}

/// What every handler has at hand.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    /// The host's own handle.
    pub(crate) leadbox: LeadBox,
    pub(crate) access: Arc<dyn Access>,
    /// Whether LeadBox's own users sign in here.
    pub(crate) own_users: Option<OwnUsers>,
    pub(crate) addresses: Addresses,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) pace: Arc<Pace>,
    pub(crate) lockout: Lockout,
    pub(crate) limiter: Limiter,
    pub(crate) brand: Brand,
    /// Made-up data for whoever looks around first.
    pub(crate) offer: Option<Offer>,
    pub(crate) first_run: FirstRun,
    /// Files that wait to be imported.
    pub(crate) uploads: Uploads,
    /// Who is told of changes.
    pub(crate) hub: Arc<Hub>,
    pub(crate) closing: Closing,
}

/// Ready when the program ends.
#[derive(Clone)]
pub(crate) struct Closing(pub(crate) future::Shared<BoxFuture<'static, ()>>);

impl Default for Closing {
    fn default() -> Self {
        Self(future::pending().boxed().shared())
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closing(..)")
    }
}

/// The code that opens the first run, of this process alone.
#[derive(Clone, Debug)]
pub(crate) struct FirstRun(Secret);

/// What stands before that code.
const FIRST_RUN: &str = "lbf_";

impl FirstRun {
    pub(crate) fn opens(&self, code: &str) -> bool {
        Secret::parse(FIRST_RUN, code).is_some_and(|given| given.digest() == self.0.digest())
    }
}

impl Admin {
    /// The dashboard of this LeadBox's tenant, with LeadBox's own users.
    pub fn new(leadbox: LeadBox) -> Self {
        let own = OwnUsers::default();
        let first_run = FirstRun(leadbox.new_secret());
        Self {
            shared: Shared {
                leadbox,
                access: Arc::new(own),
                own_users: Some(own),
                addresses: Addresses::default(),
                passwords: Passwords::default(),
                throttle: Arc::default(),
                pace: Arc::default(),
                lockout: Lockout::default(),
                limiter: Limits::default().into(),
                brand: Brand::default(),
                offer: None,
                first_run,
                uploads: Uploads::default(),
                hub: Arc::default(),
                closing: Closing::default(),
            },
        }
    }

    /// With the host's own users; the sign-in pages are gone then.
    #[must_use]
    pub fn access(mut self, access: impl Access) -> Self {
        (self.shared.access, self.shared.own_users) = (Arc::new(access), None);
        self
    }

    /// With sessions of LeadBox's own users that last so long. With the host's own users there are none.
    #[must_use]
    pub fn sessions(mut self, sessions: SessionPolicy) -> Self {
        if self.shared.own_users.is_some() {
            let own = OwnUsers { sessions };
            (self.shared.access, self.shared.own_users) = (Arc::new(own), Some(own));
        }
        self
    }

    /// With other limits on how much is done at once and how long anything may take.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.shared.limiter = limits.into();
        self
    }

    /// Shows whose box it is: a name, or more of a [`Brand`]. What is said here goes before what the settings say.
    #[must_use]
    pub fn brand(mut self, brand: impl Into<Brand>) -> Self {
        self.shared.brand = brand.into();
        self
    }

    /// Offers made-up data to whoever has made the first administrator.
    #[must_use]
    pub fn demo(mut self, demo: impl Demo) -> Self {
        self.shared.offer = Some(Offer::new(demo));
        self
    }

    /// Where a box without an administrator gets one: a path below the mount, with a code that only whoever started this
    /// process knows. Print it while `access().administrators()` names nobody.
    pub fn first_run_path(&self) -> String {
        format!("/first-run?code={}", self.shared.first_run.0.reveal(FIRST_RUN))
    }

    /// Closes the connections for live updates once `told` is ready. Servers that end gracefully do not: to them these are
    /// no requests.
    #[must_use]
    pub fn closing_when(mut self, told: impl Future<Output = ()> + Send + 'static) -> Self {
        self.shared.closing = Closing(told.boxed().shared());
        self
    }

    /// Reads from where somebody asks in another way than from the connection: behind a proxy, from the header that this
    /// proxy sets.
    #[must_use]
    pub fn client_address(
        mut self,
        read: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.shared.addresses = Addresses(Arc::new(read));
        self
    }

    /// Mounts the dashboard at `path` of a router: at any prefix, more than once in one app, with and without a slash at
    /// its end.
    pub fn mount<S>(self, router: Router<S>, path: &str) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        mount(router, path, self.router())
    }

    fn router<S>(self) -> Router<S> {
        let shared = self.shared;
        let mut inside = page::inside();
        if shared.own_users.is_some() {
            inside = inside.merge(page::own_users());
        }
        let inside = inside
            .nest("/api/v1", api())
            .layer(from_fn_with_state(shared.clone(), let_in))
            .layer(from_fn(refuse_cross_site));
        let mut outside = page::outside();
        if shared.own_users.is_some() {
            outside = outside.merge(page::sign_in().layer(from_fn(refuse_cross_site)));
        }
        inside
            .merge(outside)
            .fallback(page::missing)
            .method_not_allowed_fallback(page::not_allowed)
            .layer(DefaultBodyLimit::max(FORM_LIMIT))
            .layer(from_fn_with_state(shared.limiter.clone(), limit))
            .layer(from_fn(render))
            .layer(from_fn_with_state(shared.clone(), begin))
            .layer(from_fn(guard))
            .layer(CompressionLayer::new().gzip(true))
            .with_state(shared)
    }
}

/// Finds out who asks, or refuses.
async fn let_in(
    State(shared): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let principal = shared.access.principal(&shared.leadbox, &parts).await?;
    let cookie = principal.set_cookie.clone();
    let left = match &principal.via {
        Via::Key(key) => shared.pace.count(key),
        _ => None,
    };
    let mut response = match left {
        Some(left) if left.wait > 0 => Problem::too_many(left.wait).into_response(),
        _ => {
            let mut request = Request::from_parts(parts, body);
            request.extensions_mut().insert(principal);
            next.run(request).await
        }
    };
    if let Some(left) = left {
        left.tell(response.headers_mut());
    }
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}
