//! The dashboard as one asker has it before it: asks for what a row of the table names, and walks through all pages. Owns
//! what each request is about and what its form sends.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use leadbox_admin::Admin;
use leadbox_core::access::{Capability, Permission, Role};
use leadbox_core::proof::TokenKind;
use leadbox_core::service::{BulkAction, NewKey, NewTeam, NewUser, Selection};
use leadbox_core::testing::Sandbox;
use leadbox_core::transfer::Importer;
use leadbox_core::{
    FieldDefinition, FieldStatus, FieldType, ImportId, Industry, LeadBox, LeadId, LeadPatch,
    NewView, Settings, Sharing,
};

use super::cast::{Cast, PREFIX};
use super::needs::Whose;
use crate::links::{addresses, sent};
use crate::routes;
use crate::support::{Answer, Browser, Office, PASSWORD};
use crate::upload::upload;

/// A file with a row that is refused.
const FILE: &str = "Name,Email\nBea,bea@fair.example\nCy,cy@\n";

/// What a request is about.
#[derive(Debug)]
pub struct About {
    /// Below the mount, with what its query has to say.
    pub address: String,
    pub lead: Option<LeadId>,
    id: String,
}

/// Something that a page offers.
pub struct Offered {
    /// Without what varies.
    pub request: String,
    pub whose: Whose,
    pub page: String,
}

/// An asker at the dashboard.
pub struct Desk {
    pub cast: Cast,
    pub role: Role,
    pub browser: Browser,
    /// Whose are the leads and what belongs to them, by id: whose is what stands in addresses.
    known: BTreeMap<String, Whose>,
    made: u32,
    /// A view that everybody sees.
    view: String,
}

fn is_page(address: &str) -> bool {
    !address.contains("/assets/")
}

async fn imported(host: &LeadBox, cast: &Cast) -> String {
    let id: ImportId = host.new_id();
    let file = format!("Name,Owner\nDora,{}\n", cast.asker);
    Importer::new(host).id(id).run(file.as_bytes()).await.unwrap();
    id.to_string()
}

impl Desk {
    pub async fn of(role: Role) -> Self {
        let sandbox = Sandbox::new().unwrap();
        if !role.is_built_in() {
            sandbox.leadbox.access().define_role(&role).await.unwrap();
        }
        let app = Admin::new(sandbox.leadbox.clone()).mount(Router::new(), PREFIX);
        let office = Office { sandbox, app, prefix: PREFIX };
        let cast = Cast::at(office, role.key.as_str()).await;
        let browser = cast.office.signed_in("sam").await;
        Self { cast, role, browser, known: BTreeMap::new(), made: 0, view: String::new() }
    }

    /// A name that nothing has yet.
    fn fresh(&mut self) -> String {
        self.made += 1;
        format!("new_{}", self.made)
    }

    fn note(&mut self, id: impl ToString, whose: Whose) -> String {
        self.known.insert(id.to_string(), whose);
        id.to_string()
    }

    /// Makes what a request is about anew.
    pub async fn about(&mut self, request: &str, whose: Whose, allowed: bool) -> About {
        let path = request.split_once(' ').unwrap().1;
        let part = path.split('/').nth(1).unwrap();
        let host = self.cast.host(whose);
        let mut lead = None;
        let id = match part {
            _ if path.starts_with("/scoring") => self.scored(&host).await,
            _ if path == "/bulk" => self.cast.lead(Whose::Own).await.to_string(),
            _ if !path.contains('{') => String::new(),
            "duplicates" => {
                let pair = [self.cast.lead(whose).await, self.cast.lead(whose).await];
                lead = Some(pair[0]);
                pair.map(|one| self.note(one, whose)).join("/")
            }
            "leads" if path.contains("{event}") => {
                let (kept, gone) = (self.cast.lead(whose).await, self.cast.lead(whose).await);
                lead = Some(kept);
                let merged = host.leads().merge(kept, &[gone], &Default::default()).await.unwrap();
                format!("{}/{}", self.note(kept, whose), merged.event)
            }
            "leads" if request == "POST /leads/{id}/merge" => {
                let (kept, gone) = (self.cast.lead(whose).await, self.cast.lead(whose).await);
                lead = Some(kept);
                format!("{}/{}", self.note(kept, whose), self.note(gone, whose))
            }
            "views" => self.shared_view(&host).await,
            "settings" => {
                let field = FieldDefinition::new(&self.fresh(), FieldType::Text).unwrap();
                host.definitions().define_field(&field).await.unwrap();
                field.key.to_string()
            }
            "leads" | "tasks" | "notes" | "interactions" => {
                let made = self.cast.lead(whose).await;
                lead = Some(made);
                self.note(made, whose);
                let id = self.cast.belonging(path, whose, made).await;
                if path.ends_with("/reopen") {
                    host.tasks().complete(id.parse().unwrap()).await.unwrap();
                }
                self.note(id, whose)
            }
            "users" => match whose {
                Whose::AnotherTenant => {
                    let email = format!("{}@else.example", self.fresh());
                    let new = NewUser { name: "Else".to_owned(), email, ..NewUser::default() };
                    host.directory().add_user(&new).await.unwrap().id.to_string()
                }
                _ => self.cast.stranger.to_string(),
            },
            "teams" => {
                let new = NewTeam { name: self.fresh(), parent: None };
                host.directory().add_team(&new).await.unwrap().id.to_string()
            }
            "roles" => {
                let (key, grants) = (self.fresh(), Default::default());
                let role = Role { key: key.parse().unwrap(), name: key.clone(), grants };
                host.access().define_role(&role).await.unwrap();
                key
            }
            "keys" => {
                let new = NewKey { name: self.fresh(), ..NewKey::default() };
                host.keys().make(&new).await.unwrap().key.id.to_string()
            }
            "bulk" => {
                let own = self.cast.lead(if whose == Whose::Others { Whose::Own } else { whose });
                let own = own.await;
                self.note(own, Whose::Own);
                let selection = Selection::Ids(vec![own]);
                let action = BulkAction::Change(LeadPatch::new().add_tag("vip"));
                let bulk = host.bulk();
                match path.ends_with("/cancel") {
                    true => bulk.start(&action, &selection).await.unwrap().id.to_string(),
                    false => bulk.run(&action, &selection).await.unwrap().id.to_string(),
                }
            }
            "import" if path.ends_with("/undo") || whose == Whose::AnotherTenant => {
                imported(&host, &self.cast).await
            }
            "import" if allowed => self.tried().await,
            _ => uuid::Uuid::nil().to_string(),
        };
        let query = match request {
            "GET /leads/export" => "?format=csv",
            "GET /bulk/new" => "?do=tag&tag=vip&plan=1&all=1&list=",
            _ => "",
        };
        let mut filled = path.replace("{key}", &id).replace("{set}", &id);
        let (first, second) = id.split_once('/').unwrap_or((&id, ""));
        for (part, one) in [("{id}", first), ("{a}", first), ("{b}", second), ("{event}", second)] {
            filled = filled.replace(part, one);
        }
        let filled = if filled == "/" { String::new() } else { filled };
        About { address: format!("{PREFIX}{filled}{query}"), lead, id }
    }

    /// A rule set with two versions, of which the newer is in force, and a draft.
    async fn scored(&mut self, host: &LeadBox) -> String {
        let set = self.fresh();
        let (key, rules) = (set.parse().unwrap(), host.rules());
        for points in 1..=3 {
            let script = format!(
                "applies_to(|lead| lead.employees > 5); rule(\"Is there\", {points}, |lead| true);"
            );
            rules.save_draft(&key, &script, None).await.unwrap();
            if points < 3 {
                rules.publish(&key, "", None).await.unwrap();
            }
        }
        set
    }

    /// A view that everybody sees, and nobody owns.
    async fn shared_view(&mut self, host: &LeadBox) -> String {
        let view = NewView::new(self.fresh()).sharing(Sharing::Everyone);
        host.views().save(&view).await.unwrap().id.to_string()
    }

    /// A file that the asker sent and tried.
    async fn tried(&mut self) -> String {
        let answer = upload(&mut self.browser, &format!("{PREFIX}/import"), "fair.csv", FILE).await;
        let address = answer.location().to_owned();
        let form = [("do", "try"), ("by", "email"), ("column-0", "name"), ("column-1", "email")];
        self.browser.post(&address, &form).await;
        address.rsplit('/').next().unwrap().to_owned()
    }

    /// What the request's form sends, so that nothing but the asker's rights can be wrong with it.
    async fn form(&mut self, request: &str, about: &About) -> Vec<(String, String)> {
        let mut form: Vec<_> = self.said(request, about).await;
        if request.starts_with("POST /roles/") {
            // A role's form says of every field whether it is shown; which there are, the page knows.
            let page = self.browser.get(&format!("{PREFIX}/roles/new")).await;
            let fields = addresses(&page.body, &["name=\"field."]).into_iter();
            form.extend(fields.map(|field| (format!("field.{field}"), "shown".to_owned())));
        }
        form
    }

    async fn said(&mut self, request: &str, about: &About) -> Vec<(String, String)> {
        let (host, id) = (self.cast.host(Whose::Own), &about.id);
        let name = |name: &str| vec![("name", name.to_owned())];
        let revised = |revision: i64, more: Vec<(&'static str, String)>| {
            let revision = vec![("revision", revision.to_string())];
            revision.into_iter().chain(more).collect::<Vec<_>>()
        };
        let said: Vec<(&'static str, String)> = match request {
            "POST /bulk" => {
                vec![("do", "tag".to_owned()), ("tag", "vip".to_owned()), ("lead", id.clone())]
            }
            "POST /import/{id}" => vec![("do", "try".to_owned()), ("by", "email".to_owned())],
            "POST /leads/new" => name("New"),
            "POST /leads/{id}/edit" => {
                vec![("version", "1".to_owned()), ("title", "CTO".to_owned())]
            }
            "POST /leads/{id}/stage" => vec![("stage", "qualified".to_owned())],
            "POST /duplicates/{a}/{b}" => vec![("is", "distinct".to_owned())],
            "POST /leads/{id}/merge" => {
                let with = id.split_once('/').unwrap().1.to_owned();
                vec![("with", with), ("kept", "1".to_owned()), ("gone", "1".to_owned())]
            }
            "POST /views" => vec![("name", self.fresh()), ("list", "sort=name".to_owned())],
            "POST /views/{id}" => revised(1, vec![("name", self.fresh())]),
            "POST /views/{id}/list" => revised(1, vec![("list", "sort=name".to_owned())]),
            "POST /leads/{id}/tasks" => vec![("title", "Call".to_owned())],
            "POST /leads/{id}/notes" => vec![("text", "Likes tea.".to_owned())],
            "POST /leads/{id}/interactions" => vec![("kind", "call".to_owned())],
            "POST /tasks/{id}" => revised(1, vec![("title", "Call again".to_owned())]),
            "POST /notes/{id}" => revised(1, vec![("text", "Likes coffee.".to_owned())]),
            "POST /interactions/{id}/mark" => vec![("suspicion", "suspect".to_owned())],
            "POST /users" => {
                let email = format!("{}@office.example", self.fresh());
                vec![("name", "Bo".to_owned()), ("email", email)]
            }
            "POST /users/{id}" => {
                let user = host.directory().user(id.parse().unwrap()).await.unwrap();
                let (revision, email) = user.map_or((1, "else@else.example".to_owned()), |user| {
                    (user.revision.0, user.email)
                });
                let said = [("name", "Robin"), ("status", "active"), ("role", "agent")];
                let said = said.map(|(name, value)| (name, value.to_owned()));
                revised(revision, said.into_iter().chain([("email", email)]).collect())
            }
            "POST /teams" => name("North"),
            "POST /teams/{id}" => revised(1, name("South")),
            "POST /roles/new" => vec![("key", self.fresh()), ("name", "Fresh".to_owned())],
            "POST /roles/{key}" => revised(1, name("Changed")),
            "POST /keys" => vec![("name", "key".to_owned()), ("days", "30".to_owned())],
            "POST /settings" => {
                vec![("zone", "UTC".to_owned()), ("currency", "USD".to_owned())]
            }
            "POST /scoring" => vec![("key", self.fresh())],
            "POST /scoring/{set}" => revised(5, vec![("script", "// nothing".to_owned())]),
            "POST /scoring/{set}/enforce" => vec![("version", "1".to_owned())],
            "POST /settings/fields" => vec![
                ("key", self.fresh()),
                ("label", "Shoe size".to_owned()),
                ("type", "number".to_owned()),
            ],
            "POST /settings/fields/{key}" => revised(1, vec![("label", "Shoes".to_owned())]),
            "POST /settings/fields/{key}/type" => vec![("type", "number".to_owned())],
            "POST /settings/completeness" => vec![("email", "50".to_owned())],
            "POST /settings/industries" => {
                vec![("name", self.fresh()), ("industry", "real_estate".to_owned())]
            }
            "POST /settings/industries/remove" => name("none"),
            "POST /profile" => name("Sam"),
            "POST /profile/password" => {
                vec![("current", PASSWORD.to_owned()), ("password", format!("another {PASSWORD}"))]
            }
            _ => Vec::new(),
        };
        said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Sends the request.
    pub async fn ask(&mut self, request: &str, about: &About) -> Answer {
        if request == "POST /import" {
            return upload(&mut self.browser, &about.address, "fair.csv", FILE).await;
        }
        if request.starts_with("GET ") {
            return self.browser.get(&about.address).await;
        }
        let form = self.form(request, about).await;
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.browser.post(&about.address, &form).await
    }

    /// Leads of everybody here with something to be done about each, and something under way.
    pub async fn furnish(&mut self) {
        for whose in [Whose::Own, Whose::Team, Whose::Others] {
            let lead = self.cast.lead(whose).await;
            self.note(lead, whose);
            let done = self.cast.task(whose, lead).await;
            self.cast.host(whose).tasks().complete(done).await.unwrap();
            self.note(done, whose);
            let open = self.cast.task(whose, lead).await;
            self.note(open, whose);
            let note = self.cast.note(whose, lead).await;
            self.note(note, whose);
            let interaction = self.cast.interaction(whose, lead).await;
            self.note(interaction, whose);
        }
        for whose in [Whose::Own, Whose::Team, Whose::Others] {
            let (kept, gone) = (self.cast.lead(whose).await, self.cast.lead(whose).await);
            let host = self.cast.host(whose);
            host.leads().merge(kept, &[gone], &Default::default()).await.unwrap();
            self.note(kept, whose);
            // Two that are plainly one person.
            for twin in [self.cast.lead(whose).await, self.cast.lead(whose).await] {
                let address = LeadPatch::new().set("email", format!("{whose:?}@twins.example"));
                host.leads().update(twin, &address, None).await.unwrap();
                self.note(twin, whose);
            }
        }
        let host = self.cast.host(Whose::Own);
        self.scored(&host).await;
        self.view = self.shared_view(&host).await;
        let archived = FieldDefinition::new("fax", FieldType::Phone).unwrap();
        let definitions = host.definitions();
        definitions.define_field(&archived).await.unwrap();
        definitions.set_field_status(&archived.key, FieldStatus::Archived).await.unwrap();
        let named = |settings: &mut Settings| {
            settings.industry_aliases.insert("PropTech".to_owned(), Industry::RealEstate);
        };
        definitions.change_settings(named).await.unwrap();
        let new = NewKey { name: "program".to_owned(), ..NewKey::default() };
        let made = self.cast.host(Whose::Own).keys().make(&new).await.unwrap();
        assert_eq!(made.key.kind, TokenKind::ApiKey);
    }

    /// What all pages offer that one gets to from these, each of which is there.
    pub async fn offers(&mut self, mut open: Vec<String>) -> Vec<Offered> {
        if self.role.grants.capabilities.contains(&Capability::AuditRead) {
            let about = self.about("POST /bulk/{id}/cancel", Whose::Others, true).await;
            open.push(about.address.replace("/cancel", ""));
        }
        if self.role.grants.capabilities.contains(&Capability::LeadsImport) {
            let about = self.about("GET /import/{id}/undo", Whose::Others, true).await;
            open.push(about.address.replace("/undo", ""));
        }
        if self.role.grants.level(Permission::LeadRead).is_some() {
            let list = format!("{PREFIX}/leads?view={}", self.view);
            open.extend([format!("{PREFIX}/leads?sort=name"), format!("{list}&sort=name"), list]);
        }
        let (host, page) = (self.cast.host(Whose::Own), leadbox_core::PageRequest::first(500));
        let found = host.leads().list(&Default::default(), &page).await;
        let (asker, colleague) = (self.cast.asker, self.cast.colleague);
        for one in found.unwrap().items {
            let whose = match one.lead.owner {
                Some(owner) if owner == asker => Whose::Own,
                Some(owner) if owner == colleague => Whose::Team,
                _ => Whose::Others,
            };
            self.known.insert(one.lead.id.to_string(), whose);
        }
        let mut offers = Vec::new();
        for (address, answer) in self.walk(open).await {
            let linked = addresses(&answer.body, &[" href=\""]);
            let linked = linked.into_iter().map(|to| ("GET", to)).filter(|(_, to)| is_page(to));
            let requests = linked.chain(sent(&answer.body, &address));
            offers.extend(requests.map(|(method, to)| self.offered(method, &to, &address)));
        }
        offers
    }

    /// All that one gets to from these, each of which is there, by its address.
    pub async fn walk(&mut self, mut open: Vec<String>) -> Vec<(String, Answer)> {
        let asked: BTreeSet<String> = open.iter().cloned().collect();
        let (mut seen, mut visited) = (Vec::new(), BTreeMap::<String, BTreeSet<String>>::new());
        while let Some(address) = open.pop() {
            // Some of what differs only by its query stands for all of it.
            let path = address.split('?').next().unwrap().to_owned();
            let variants = visited.entry(path).or_default();
            let is_enough = variants.len() > 2 && !asked.contains(&address);
            if is_enough || !variants.insert(address.clone()) {
                continue;
            }
            let answer = self.browser.get(&address).await;
            if answer.status.is_redirection() && address.contains("/leads/") {
                // It was merged into another.
                open.push(answer.location().to_owned());
                continue;
            }
            assert_eq!(answer.status.as_u16(), 200, "{address}: {}", answer.body);
            if answer.header("content-type").starts_with("text/html") {
                let linked = addresses(&answer.body, &[" href=\""]);
                open.extend(linked.into_iter().filter(|to| is_page(to)));
            }
            seen.push((address, answer));
        }
        seen
    }

    /// What an address asks for, and whose it is.
    fn offered(&self, method: &str, to: &str, page: &str) -> Offered {
        let path = to.split('?').next().unwrap();
        let below = path.strip_prefix(PREFIX).unwrap_or_else(|| panic!("{to} on {page}"));
        let below = if below.is_empty() { "/" } else { below };
        let exact = format!("{method} {below}");
        let parts: Vec<&str> = exact.split('/').collect();
        let fits = |route: &&String| {
            let own: Vec<&str> = route.split('/').collect();
            own.len() == parts.len() && own.iter().zip(&parts).all(|(a, b)| a == b || *a == "{}")
        };
        let routes = routes::routes();
        let named = routes.iter().find(|route| **route == exact);
        let request = named.or_else(|| routes.iter().find(fits));
        let request = request.unwrap_or_else(|| panic!("{exact} on {page}")).clone();
        let whose = parts.iter().find_map(|part| self.known.get(*part)).copied();
        Offered { request, whose: whose.unwrap_or(Whose::Others), page: page.to_owned() }
    }
}
