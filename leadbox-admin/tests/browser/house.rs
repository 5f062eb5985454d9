//! The dashboards that the browser is sent to: in this process, in memory, on a port of their own. Owns what is in them
//! and who is let in; knows nothing of the browser but its cookies.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::request::Parts;
use leadbox_admin::{Access, Admin, Demo, DemoProgress, Principal, Refusal};
use leadbox_core::access::{Grants, Level, Permission};
use leadbox_core::filter::Op;
use leadbox_core::proof::TokenKind;
use leadbox_core::service::{BulkAction, LeadList, NewKey, NewTeam, NewUser, Selection};
use leadbox_core::storage::EventFilter;
use leadbox_core::testing::{ManualClock, Sandbox};
use leadbox_core::transfer::Importer;
use leadbox_core::{
    Clock, Error, EventType, FieldDefinition, FieldStatus, FieldType, ImportId, LeadBox,
    LeadFilter, LeadPatch, MemoryStorage, MergeChoice, NewLead, NewTask, NewView, RandomIds, Role,
    StorageError, User, UserStatus,
};
use leadbox_demo::{Plan, Recipe, replay};
use serde_json::json;
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

use crate::support::{Browser, Office, PASSWORD};
use crate::tab::Tab;
use crate::upload::upload;

/// Where the dashboard is mounted.
pub const PREFIX: &str = "/ops/leads-box";

/// Where the same is mounted once more, and every page breaks.
const BROKEN: &str = "/broken";

/// The e-mail address of whoever looks at the pages: an administrator.
pub const ANA: &str = "ana@brightmere.example";

/// A dashboard that a browser can ask.
pub struct House {
    pub office: Office,
    /// Scheme, host and port.
    host: String,
    /// What stands for the names in braces of a page's path.
    places: BTreeMap<&'static str, String>,
    /// The cookies of those who are signed in.
    cookies: BTreeMap<Reader, BTreeMap<String, String>>,
    /// A file to be imported.
    file: NamedTempFile,
}

/// What is in it: the second row has something wrong with it.
const FILE: &str =
    "Email,Name,Shoe size\nbea@fair.example,Bea,38\ncy@,Cy,\ndee@fair.example,Dee,41\n";

/// Brings one old lead in from a file.
async fn import_one(leadbox: &LeadBox, file: &str) -> String {
    let id: ImportId = leadbox.new_id();
    Importer::new(leadbox).id(id).run(file.as_bytes()).await.unwrap();
    id.to_string()
}

/// Lets nobody in, because it cannot be found out who asks.
#[derive(Debug)]
struct Unknowable;

#[async_trait::async_trait]
impl Access for Unknowable {
    async fn principal(&self, _: &LeadBox, _: &Parts) -> Result<Principal, Refusal> {
        let source = "the disk is full".into();
        let error = StorageError::Backend { operation: "read the session", source };
        Err(Refusal::Failed(Error::Storage(error)))
    }
}

/// Made-up data that is there at once.
#[derive(Debug)]
struct OneLead;

#[async_trait::async_trait]
impl Demo for OneLead {
    fn says(&self) -> String {
        "One lead of an invented company, and what became of it.".to_owned()
    }

    async fn fill(
        &self,
        leadbox: &LeadBox,
        _: &DemoProgress,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let dora = NewLead::new().name("Dora Demo").email("dora@demo.example");
        leadbox.leads().capture(&dora).await?;
        Ok(())
    }
}

impl House {
    /// An invented company after nine months.
    pub async fn populated() -> Self {
        let clock = Arc::new(ManualClock::default());
        let storage = Arc::new(MemoryStorage::new());
        let as_of = clock.now().date_naive();
        let plan = Plan::make(Recipe { seed: 7, as_of, size: 240, months: 9 });
        replay(storage.clone(), &plan, |_| {}).await.unwrap();
        let ids = Arc::new(RandomIds::seeded(70));
        let leadbox = LeadBox::builder(storage).clock(clock.clone()).ids(ids).build().unwrap();
        let old = "email,created_at\nold@fair.example,2024-01-31\n";
        let imported = import_one(&leadbox, old).await;
        let mut house = Self::of(Sandbox { leadbox, clock }).await.with_ana().await;
        house.places.insert("imported", imported);
        house.put_to_use().await;
        house
    }

    /// Does what the invented company's history has not: keys, work that waits, somebody who left, somebody signed in.
    async fn put_to_use(&mut self) {
        let leadbox = &self.office.sandbox.leadbox;
        let ana = self.user(ANA).await.id;
        let leads = leadbox.leads().list(&LeadList::default(), &Default::default()).await.unwrap();
        // Hers since she came: some work is late, and some has no date.
        for (row, hours) in leads.items[10..].iter().zip([Some(-30), Some(1), Some(200), None]) {
            leadbox.leads().assign(row.lead.id, Some(ana)).await.unwrap();
            let due_at = hours.map(|hours| leadbox.now() + chrono::TimeDelta::hours(hours));
            let task = NewTask { due_at, ..NewTask::new("Introduce yourself").assignee(ana) };
            leadbox.tasks().add(row.lead.id, &task).await.unwrap();
        }
        let grants = Grants::default()
            .allow(Permission::LeadRead, Level::All)
            .allow(Permission::LeadCreate, Level::All);
        for name in ["Website form", "Old website form"] {
            let new = NewKey { name: name.to_owned(), grants: grants.clone(), ..NewKey::default() };
            let key = leadbox.keys().make(&new).await.unwrap().key;
            if name.starts_with("Old") {
                leadbox.keys().revoke(key.id).await.unwrap();
            }
        }
        let jobs = leadbox.jobs();
        let waiting = ["deliveries", "reports"].map(|queue| jobs.new_job(queue, json!({})));
        jobs.enqueue(waiting).await.unwrap();
        let mut theo = self.user("theo@brightmere.example").await;
        theo.status = UserStatus::Disabled;
        leadbox.directory().change_user(&theo).await.unwrap();
        let lena = self.user("lena@brightmere.example").await;
        self.let_in(&lena).await;
        let petra = self.user("petra@brightmere.example").await;
        let cookies = self.let_in(&petra).await.cookies;
        self.cookies.insert(Reader::Petra, cookies);
        let leadbox = &self.office.sandbox.leadbox;
        let reset = leadbox.passwords().reset(lena.id).await.unwrap();
        let harriet = self.user("harriet@brightmere.example").await;
        self.places.extend([
            ("user", lena.id.to_string()),
            ("reset", reset.reveal(TokenKind::Reset.prefix())),
            ("invitee", harriet.id.to_string()),
        ]);
    }

    /// Nobody and nothing but an administrator.
    pub async fn empty() -> Self {
        let sandbox = Sandbox::new().unwrap();
        add_ana(&sandbox.leadbox).await;
        Self::of(sandbox).await.with_ana().await
    }

    /// The same with one lead of which next to nothing is known.
    pub async fn bare() -> Self {
        let sandbox = Sandbox::new().unwrap();
        add_ana(&sandbox.leadbox).await;
        let leads = sandbox.leadbox.leads();
        let imported = import_one(&sandbox.leadbox, "email\nc@d.example\n").await;
        let other = leads.list(&LeadList::default(), &Default::default()).await.unwrap();
        let other = other.items[0].lead.id;
        // Three that are alike, of which two are one already.
        let mut alike = Vec::new();
        for id in ["1", "2", "3"] {
            let new = NewLead::new().email("twin@b.example").external_id(id);
            alike.push(leads.capture(&new).await.unwrap().lead.id);
        }
        leads.merge(alike[0], &alike[1..2], &MergeChoice::default()).await.unwrap();
        sandbox.leadbox.tasks().add(other, &NewTask::new("Call")).await.unwrap();
        sandbox.leadbox.notes().add(other, "Hello").await.unwrap();
        sandbox.clock.advance(chrono::TimeDelta::minutes(1));
        leads.capture(&NewLead::new().email("a@b.example")).await.unwrap();
        let mut house = Self::of(sandbox).await.with_ana().await;
        house.places.insert("imported", imported);
        house
    }

    /// Without an administrator.
    pub async fn fresh() -> Self {
        Self::of(Sandbox::new().unwrap()).await
    }

    async fn of(sandbox: Sandbox) -> Self {
        let admin = Admin::new(sandbox.leadbox.clone()).brand("Brightmere").demo(OneLead);
        let first_run = admin.first_run_path();
        let app = admin.mount(Router::new(), PREFIX);
        let broken = Admin::new(sandbox.leadbox.clone()).access(Unknowable);
        let office = Office { sandbox, app: broken.mount(app, BROKEN), prefix: PREFIX };
        let host = serve(office.app.clone()).await;
        let code = first_run.split_once('=').unwrap().1.to_owned();
        let places = BTreeMap::from([("first_run", code)]);
        let file = NamedTempFile::with_suffix(".csv").unwrap();
        Self { office, host, places, cookies: BTreeMap::new(), file }
    }

    /// Lets Ana in, and finds something for every name in braces.
    async fn with_ana(mut self) -> Self {
        let leadbox = self.office.sandbox.leadbox.clone();
        let ana = self.user(ANA).await;
        let mut browser = self.let_in(&ana).await;
        self.cookies.insert(Reader::Ana, browser.cookies.clone());
        let waiting = upload(&mut browser, &format!("{PREFIX}/import"), "fair.csv", FILE).await;
        let waiting = waiting.location().rsplit('/').next().unwrap().to_owned();
        self.places.insert("import", waiting);
        self.file.write_all(FILE.as_bytes()).unwrap();
        self.places.insert("file", self.file.path().display().to_string());
        let marcus = leadbox.directory().user_by_email("marcus@brightmere.example").await.unwrap();
        let invited = marcus.unwrap_or_else(|| ana.clone());
        let invitation = leadbox.passwords().invite(invited.id).await.unwrap();
        let reset = leadbox.passwords().reset(ana.id).await.unwrap();
        self.places.extend([
            ("user", ana.id.to_string()),
            ("invitation", invitation.reveal(TokenKind::Invitation.prefix())),
            ("reset", reset.reveal(TokenKind::Reset.prefix())),
        ]);
        let north = NewTeam { name: "North".to_owned(), parent: None };
        let team = leadbox.directory().add_team(&north).await.unwrap();
        self.places.insert("team", team.id.to_string());
        let grants = Grants::default().allow(Permission::LeadRead, Level::Team).hide("phone");
        let role = Role { key: "caller".parse().unwrap(), name: "Caller".to_owned(), grants };
        leadbox.access().define_role(&role).await.unwrap();
        self.places.insert("role", role.key.to_string());
        self.places.insert("built_in", "agent".to_owned());
        // Rules with two versions and a draft, beside those of the invented company.
        let partners = "partners".parse().unwrap();
        for points in [5, 10, 15] {
            let script = format!(
                "ruleset(\"Partners\");\napplies_to(|lead| lead.source == \"partner\");\n\
                 rule(\"Known to a partner\", {points}, |lead| true);\n"
            );
            leadbox.rules().save_draft(&partners, &script, None).await.unwrap();
            if points < 15 {
                leadbox.rules().publish(&partners, "partners count", None).await.unwrap();
            }
        }
        self.places.insert("rules", partners.to_string());
        // A field in which people write what they like, one with choices, and one that nobody wants any more.
        let definitions = leadbox.definitions();
        let choices = FieldType::Choice(["Small", "Large"].map(str::to_owned).to_vec());
        for (name, key, kind) in [
            ("field", "seats", FieldType::Text),
            ("choice", "size", choices),
            ("archived", "fax", FieldType::Phone),
        ] {
            let field = FieldDefinition::new(key, kind).unwrap();
            definitions.define_field(&field).await.unwrap();
            self.places.insert(name, key.to_owned());
        }
        let fax = "fax".parse().unwrap();
        definitions.set_field_status(&fax, FieldStatus::Archived).await.unwrap();
        let leads = leadbox.leads().list(&LeadList::default(), &Default::default()).await.unwrap();
        for (row, seats) in leads.items.iter().rev().zip(["12", "some", "250"]) {
            let patch = LeadPatch::new().set("cf.seats", seats);
            leadbox.leads().update(row.lead.id, &patch, None).await.unwrap();
        }
        self.places.extend(leads.items.first().map(|row| ("lead", row.lead.id.to_string())));
        // She keeps some under a name, and somebody else shares some.
        let own = leadbox.as_user(ana.id).await.unwrap();
        if !leads.items.is_empty() {
            let since = LeadFilter::is("created_at", Op::Gte, "2024-01-01");
            let filter = LeadFilter::is("stage_kind", Op::Eq, "open").and(since);
            let mine = own.views().save(&NewView::new("Still open").filter(filter)).await.unwrap();
            self.places.insert("view", mine.id.to_string());
        }
        let others = own.views().list().await.unwrap();
        let other = others.iter().find(|view| view.owner != Some(ana.id));
        self.places.extend(other.map(|view| ("shared", view.id.to_string())));
        // The oldest of them were changed together, and others wait for it.
        let oldest = leads.items.iter().rev().take(2).map(|row| row.lead.id);
        let oldest = Selection::Ids(oldest.collect());
        let change = |tag| BulkAction::Change(LeadPatch::new().add_tag(tag));
        if leads.items.len() > 1 {
            let bulk = leadbox.bulk();
            let done = bulk.run(&change("newsletter"), &oldest).await.unwrap();
            let waiting = bulk.start(&change("call"), &oldest).await.unwrap();
            self.places.insert("bulk", done.id.to_string());
            self.places.insert("waiting", waiting.id.to_string());
        }
        let pairs = leadbox.leads().duplicate_pairs(&Default::default()).await.unwrap();
        if let Some(pair) = pairs.items.last() {
            self.places.insert("twin", pair.first.lead.id.to_string());
            self.places.insert("other", pair.second.lead.id.to_string());
        }
        let kinds = vec![EventType::LEAD_MERGED];
        let merged = EventFilter { kinds, ..EventFilter::default() };
        let merged = leadbox.log().events(&merged, &Default::default()).await.unwrap();
        if let Some(event) = merged.items.first() {
            self.places.insert("merged", event.subject.id.to_string());
            self.places.insert("merge", event.id.to_string());
        }
        // Somebody has to do something about the latest of them, and has written something down.
        let (tasks, notes) = (leadbox.tasks(), leadbox.notes());
        for lead in leads.items.iter().map(|row| row.lead.id) {
            let task = tasks.of_lead(lead, &Default::default()).await.unwrap().items.pop();
            let note = notes.of_lead(lead, &Default::default()).await.unwrap().items.pop();
            if let (Some(task), Some(note)) = (task, note) {
                self.places.insert("busy", lead.to_string());
                self.places.insert("task", task.id.to_string());
                self.places.insert("note", note.id.to_string());
                break;
            }
        }
        self
    }

    pub async fn user(&self, email: &str) -> User {
        let directory = self.office.sandbox.leadbox.directory();
        directory.user_by_email(email).await.unwrap().unwrap()
    }

    /// A browser without scripts in which this user has set a password, and is signed in.
    pub async fn let_in(&self, user: &User) -> Browser {
        let code = self.office.sandbox.leadbox.passwords().invite(user.id).await.unwrap();
        let code = code.reveal(TokenKind::Invitation.prefix());
        let mut browser = Browser::new(&self.office.app);
        let address = format!("{PREFIX}/invitation?code={code}");
        let done = browser.post(&address, &[("password", PASSWORD)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        browser
    }

    /// Whether everything in braces is there.
    pub fn knows(&self, path: &str) -> bool {
        !self.filled(path).contains('{')
    }

    pub fn filled(&self, path: &str) -> String {
        let filled = |path: String, (name, value): (&&str, &String)| {
            path.replace(&format!("{{{name}}}"), value)
        };
        self.places.iter().fold(path.to_owned(), filled)
    }

    /// The address of a page. Below the mount a path begins with `/`; that of the first page is empty.
    pub fn address(&self, path: &str) -> String {
        format!("{}{PREFIX}{}", self.host, self.filled(path))
    }

    /// What the pages may ask: nothing but what is below a mount.
    pub fn own(&self) -> [String; 2] {
        [PREFIX, BROKEN].map(|mount| format!("{}{mount}", self.host))
    }

    /// The address at which the same page breaks.
    pub fn broken_address(&self, path: &str) -> String {
        format!("{}{BROKEN}{}", self.host, self.filled(path))
    }

    /// Signs the tab in, or out.
    pub async fn admit(&self, tab: &Tab, reader: Reader) {
        self.admit_with(tab, self.cookies.get(&reader).into_iter().flatten()).await;
    }

    /// Signs the tab in as this user.
    pub async fn admit_user(&self, tab: &Tab, user: &User) {
        let cookies = self.let_in(user).await.cookies;
        self.admit_with(tab, &cookies).await;
    }

    async fn admit_with(&self, tab: &Tab, cookies: impl IntoIterator<Item = (&String, &String)>) {
        tab.cdp("Network.clearBrowserCookies", json!({})).await;
        for (name, value) in cookies {
            let cookie = json!({
                "name": name, "value": value, "url": self.host, "path": PREFIX, "httpOnly": true,
            });
            tab.cdp("Network.setCookie", cookie).await;
        }
    }
}

/// Who looks at a page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reader {
    /// May do everything.
    Ana,
    /// Reads leads, and nothing else.
    Petra,
    /// Is not signed in.
    Stranger,
}

async fn add_ana(leadbox: &LeadBox) {
    let new = NewUser {
        name: "Ana Novak".to_owned(),
        email: ANA.to_owned(),
        team: None,
        roles: ["admin".parse().unwrap()].into(),
    };
    leadbox.directory().add_user(&new).await.unwrap();
}

/// Serves until the test is over.
pub async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}
