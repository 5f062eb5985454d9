//! Mounting: any prefix, twice in one app, with and without a slash, and nothing that leads outside.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::get;
use leadbox_admin::{Access, Admin, Brand, Logo, Principal, Refusal};
use leadbox_core::service::NewUser;
use leadbox_core::testing::{Sandbox, some_lead};
use leadbox_core::{LeadBox, UserId};

use crate::links::addresses;
use crate::support::{Browser, Office};

/// Follows every link from the first page on, with and without a slash at its end; what was there.
async fn crawl(app: &Router, cookies: BTreeMap<String, String>, prefix: &str) -> BTreeSet<String> {
    let mut browser = Browser { cookies, ..Browser::new(app) };
    let mut open = vec![if prefix.is_empty() { "/".to_owned() } else { prefix.to_owned() }];
    let mut seen = BTreeSet::new();
    while let Some(address) = open.pop() {
        if seen.len() > 80 || !seen.insert(address.clone()) {
            continue;
        }
        let answer = browser.get(&address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}");
        if !answer.header("content-type").starts_with("text/html") {
            continue;
        }
        if let Some((path, rest)) = address.split_once('?').or(Some((&address, "")))
            && path != "/"
        {
            let slash = format!("{path}/?{rest}");
            let sent = browser.get(slash.trim_end_matches('?')).await;
            let to = (sent.status, sent.location());
            assert_eq!(to, (StatusCode::PERMANENT_REDIRECT, address.as_str()), "{slash}");
        }
        let inside = |next: &String| *next == prefix || next.starts_with(&format!("{prefix}/"));
        let sent_to = addresses(&answer.body, &["action=\""]);
        let linked = addresses(&answer.body, &["href=\"", "src=\""]);
        for next in sent_to.iter().chain(&linked) {
            assert!(inside(next), "{next} on {address}");
        }
        open.extend(linked);
    }
    seen
}

#[tokio::test]
async fn a_crawl_finds_no_dead_end_and_nothing_outside_the_prefix() {
    // Two in one app, and one that has the app to itself.
    let (one, two, alone) = (Office::new("/ops/leads"), Office::new("/a"), Office::new(""));
    let both = one.app.clone().merge(two.app.clone());
    for (office, app) in [(&one, &both), (&two, &both), (&alone, &alone.app)] {
        office.hire("ann", "admin").await;
        for n in 0..120 {
            office.sandbox.leadbox.leads().capture(&some_lead(n)).await.unwrap();
        }
        let cookies = office.signed_in("ann").await.cookies;
        let seen = crawl(app, cookies, office.prefix).await;
        assert!(seen.len() > 20, "{}: {seen:?}", office.prefix);
    }
}

/// Everybody who asks is this one.
#[derive(Debug)]
struct Always(UserId);

#[async_trait::async_trait]
impl Access for Always {
    async fn principal(&self, leadbox: &LeadBox, _: &Parts) -> Result<Principal, Refusal> {
        Ok(Principal::of_host(leadbox.as_user(self.0).await?, "Ann"))
    }
}

#[tokio::test]
async fn with_a_hosts_users_no_page_is_about_passwords_or_leads_to_a_dead_end() {
    let sandbox = Sandbox::new().unwrap();
    let roles = ["admin".parse().unwrap()].into();
    let ann = NewUser { name: "Ann".into(), email: "ann@host.example".into(), team: None, roles };
    let ann = sandbox.leadbox.directory().add_user(&ann).await.unwrap().id;
    sandbox.leadbox.leads().capture(&some_lead(1)).await.unwrap();
    let hosted = || Admin::new(sandbox.leadbox.clone()).access(Always(ann));
    let app = hosted().mount(hosted().mount(Router::new(), "/one"), "/two/deep");
    for prefix in ["/one", "/two/deep"] {
        let seen = crawl(&app, BTreeMap::new(), prefix).await;
        assert!(seen.len() > 15, "{prefix}: {seen:?}");
        let mut browser = Browser::new(&app);
        for path in seen.iter().filter(|path| !path.contains("/assets/")) {
            let page = browser.get(path).await.body;
            assert!(!page.contains("type=\"password\"") && !page.contains("/sign-"), "{path}");
            assert!(!page.contains("/link\"") && !page.contains("make a link"), "{path}");
        }
        let email = format!("bo@{}.example", prefix.replace('/', "x"));
        let new = [("name", "Bo"), ("email", email.as_str()), ("role", "agent")];
        let added = browser.post(&format!("{prefix}/users"), &new).await;
        assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
        assert_eq!(browser.get(added.location()).await.status, StatusCode::OK);
        let link = browser.post(&format!("{}/link", added.location()), &[]).await;
        assert_eq!(link.status, StatusCode::NOT_FOUND);
        for path in ["sign-in", "invitation?code=x", "first-run"] {
            let gone = browser.get(&format!("{prefix}/{path}")).await;
            assert_eq!(gone.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    let mut program = Browser::new(&app).with("content-type", "application/json");
    let address = format!("/one/api/v1/users/{ann}/links");
    let body = Some("{\"kind\": \"reset\"}".to_owned());
    let link = program.send(axum::http::Method::POST, &address, body).await;
    assert_eq!(link.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_slash_at_the_end_leads_to_the_same_page() {
    let office = Office::new("/ops/leads");
    office.hire("ann", "admin").await;
    let mut browser = office.signed_in("ann").await;
    assert_eq!(browser.get("/ops/leads").await.status, StatusCode::OK);
    let with = browser.get("/ops/leads/").await;
    assert_eq!((with.status, with.location()), (StatusCode::PERMANENT_REDIRECT, "/ops/leads"));
    let with = browser.get("/ops/leads/leads/?q=a").await;
    assert_eq!(with.location(), "/ops/leads/leads?q=a");
}

#[tokio::test]
async fn two_mounts_and_the_hosts_own_pages_live_side_by_side() {
    let (one, two) = (Sandbox::new().unwrap(), Sandbox::new().unwrap());
    let app = Router::new().route("/", get(async || "the host's"));
    let app = Admin::new(one.leadbox.clone()).brand("One").mount(app, "/one");
    let inner = Admin::new(two.leadbox.clone()).brand("Two").mount(Router::new(), "/two");
    let app = app.nest("/deep", inner);
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/").await.body, "the host's");
    for (prefix, brand) in [("/one", "One"), ("/deep/two", "Two")] {
        let answer = browser.get(prefix).await;
        let target = format!("{prefix}/sign-in?to=/");
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, target.as_str()));
        let page = browser.get(&target).await;
        assert!(
            page.body.contains(brand)
                && page.body.contains(&format!("action=\"{prefix}/sign-in\""))
        );
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_packed() {
    let office = Office::new("/x");
    let mut browser = Browser::new(&office.app);
    let page = browser.get("/x/sign-in").await;
    let style = addresses(&page.body, &["href=\""])
        .into_iter()
        .find(|one| one.ends_with("app.css"))
        .unwrap();
    let plain = browser.get(&style).await;
    assert!(plain.header("cache-control").contains("immutable"));
    assert!(plain.body.contains("@layer"));
    let packed = browser.clone().with("accept-encoding", "br, gzip").get(&style).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let tag = plain.header("etag").to_owned();
    let known = browser.clone().with("if-none-match", tag).get(&style).await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
    let old = browser.get("/x/assets/0000/app.css").await;
    assert_eq!((old.status, old.header("cache-control")), (StatusCode::OK, "no-cache"));
    assert_eq!(browser.get("/x/assets/0000/nothing.js").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let office = Office::new("/x");
    let mut browser = Browser::new(&office.app);
    for path in ["/x", "/x/sign-in", "/x/nothing", "/x/assets/0/app.js"] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert!(policy.contains("require-trusted-types-for 'script'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert!(!answer.body.contains("style=") && !answer.body.contains("<script>"), "{path}");
    }
}

#[tokio::test]
async fn a_slash_too_many_never_leads_to_another_host() {
    let office = Office::new("");
    let mut browser = Browser::new(&office.app);
    for (path, to) in [
        ("//evil.example/", "/evil.example"),
        ("/\\evil.example/", "/evil.example"),
        ("///", "/"),
        ("/leads/?q=x", "/leads?q=x"),
    ] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (308, to), "{path}");
    }
}

#[tokio::test]
async fn whose_box_it_is_stands_on_every_page_and_the_hosts_word_goes_first() {
    let sandbox = Sandbox::new().unwrap();
    let said = |settings: &mut leadbox_core::Settings| {
        settings.brand = Some("Tenant & Co".to_owned());
        settings.accent = Some("#FFD400".parse().unwrap());
    };
    sandbox.leadbox.definitions().change_settings(said).await.unwrap();
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><path d=\"M0 0h8v8H0z\"/></svg>";
    let brand = Brand::new("Acme").logo(Logo::svg(svg).unwrap()).accent("#0B6E4F".parse().unwrap());
    let app = Admin::new(sandbox.leadbox.clone()).mount(Router::new(), "/plain");
    let app = Admin::new(sandbox.leadbox.clone()).brand(brand).mount(app, "/own");
    let mut browser = Browser::new(&app);
    let plain = browser.get("/plain/sign-in").await.body;
    assert!(plain.contains(">Tenant &#38; Co<") && plain.contains("/accent-ffd400.css"), "{plain}");
    let own = browser.get("/own/sign-in").await.body;
    assert!(
        own.contains(">Acme<") && !own.contains("Tenant") && !own.contains(">LeadBox<"),
        "{own}"
    );
    let assets = addresses(&own, &["href=\"", "src=\""]);
    let find = |part: &str| assets.iter().find(|one| one.contains(part)).unwrap();
    let style = browser.get(find("/accent-0b6e4f.css")).await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.header("cache-control").contains("immutable"));
    assert!(style.body.contains("--accent: light-dark(#0B6E4F, "), "{}", style.body);
    let logo = browser.get(find("/logo-")).await;
    assert_eq!((logo.header("content-type"), logo.body.as_str()), ("image/svg+xml", svg));
    assert!(logo.header("content-security-policy").contains("default-src 'none'"));
    for missing in ["accent-FFD400.css", "accent-red.css", "logo-000000000000.svg"] {
        let answer = browser.get(&format!("/own/assets/0/{missing}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{missing}");
    }
}
