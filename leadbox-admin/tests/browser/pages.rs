//! The pages, one line each. A new page gets its line here, and is in the grid, in the screenshots, and among those that
//! are read without scripts; what its path names in braces, `house.rs` finds.

use crate::house::Reader;

/// How a page shows that something went wrong.
#[derive(Clone, Copy, Debug)]
pub enum Wrong {
    /// As every page, when it cannot be found out who asks.
    Broken,
    /// To somebody who only reads.
    Denied,
    /// At this path.
    At(&'static str),
    /// When its form with these controls is sent with these values, whatever the browser says to them.
    Sent(&'static [(&'static str, &'static str)]),
}

/// A page.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub name: &'static str,
    /// Below the mount, with names in braces for what is there.
    pub path: &'static str,
    pub reader: Reader,
    pub wrong: Wrong,
}

const fn page(name: &'static str, path: &'static str) -> Page {
    Page { name, path, reader: Reader::Ana, wrong: Wrong::Broken }
}

impl Page {
    /// Is shown to whoever is not signed in.
    const fn stranger(self) -> Self {
        Self { reader: Reader::Stranger, ..self }
    }

    const fn wrong(self, wrong: Wrong) -> Self {
        Self { wrong, ..self }
    }
}

use Wrong::{At, Denied, Sent};

pub const PAGES: &[Page] = &[
    page("overview", "").wrong(At("/?period=month")),
    page("overview-year", "/?period=year"),
    page("leads", "/leads").wrong(At("/leads?stage=nirvana")),
    page("leads-none-match", "/leads?q=nobodyiscalledlikethis").wrong(At("/leads?after=rubbish")),
    page(
        "leads-more",
        "/leads?tag=whitepaper&col=source&col=stage&col=phone&col=country&col=title&col=owner",
    )
    .wrong(At("/leads?from=soon")),
    page("view-opened", "/leads?view={view}&sort=name").wrong(At("/leads?view=none")),
    page("view-new", "/views/new?stage=new&q=a&sort=value")
        .wrong(Sent(&[("name", " "), ("sharing", "Everybody who sees leads")])),
    page("view", "/views/{view}").wrong(Sent(&[("name", " ")])),
    page("bulk-new", "/bulk/new?do=field&lead={lead}").wrong(At("/bulk/new?do=tag")),
    page("bulk-plan", "/bulk/new?do=tag&tag=vip&plan=1&all=1&list=")
        .wrong(At("/bulk/new?do=stage&stage=&plan=1&all=1")),
    page("bulk", "/bulk/{bulk}").wrong(At("/bulk/none")),
    page("bulk-undo", "/bulk/{bulk}/undo").wrong(At("/bulk/none/undo")),
    page("import", "/import"),
    page("import-columns", "/import/{import}").wrong(At("/import/none")),
    page("imported", "/import/{imported}"),
    page("import-undo", "/import/{imported}/undo").wrong(At("/import/none/undo")),
    page("my-leads", "/my-leads").wrong(At("/my-leads?after=rubbish")),
    page("lead", "/leads/{lead}").wrong(At("/leads/nobody")),
    page("lead-busy", "/leads/{busy}").wrong(Sent(&[("title", " "), ("due_at", "")])),
    page("lead-merged", "/leads/{merged}").wrong(Sent(&[("text", " ")])),
    page("duplicates", "/duplicates").wrong(At("/duplicates?after=rubbish")),
    page("merge-search", "/leads/{twin}/merge").wrong(At("/leads/nobody/merge")),
    page("merge-found", "/leads/{twin}/merge?q=ma").wrong(Denied),
    page("merge", "/leads/{twin}/merge?with={other}").wrong(At("/leads/{twin}/merge?with={twin}")),
    page("unmerge", "/leads/{merged}/merges/{merge}/undo")
        .wrong(At("/leads/{merged}/merges/none/undo")),
    page("lead-new", "/leads/new").wrong(Sent(&[("email", "ada@"), ("employees", "-5")])),
    page("lead-edit", "/leads/{lead}/edit").wrong(Sent(&[("email", "ada@"), ("value", "much")])),
    page("tasks", "/tasks").wrong(At("/tasks?after=rubbish")),
    page("tasks-none-match", "/tasks?due=today&whose=nobody").wrong(At("/tasks?due=soon")),
    page("task", "/tasks/{task}").wrong(Sent(&[("title", " "), ("details", "Seats")])),
    page("note", "/notes/{note}").wrong(Sent(&[("text", " ")])),
    page("users", "/users").wrong(Sent(&[("name", "Bo"), ("email", "nobody")])),
    page("user", "/users/{user}").wrong(Sent(&[("name", " "), ("email", "nobody")])),
    page("teams", "/teams").wrong(Sent(&[("name", " ")])),
    page("team", "/teams/{team}").wrong(Sent(&[("name", " ")])),
    page("roles", "/roles").wrong(Denied),
    page("role-new", "/roles/new").wrong(Sent(&[("key", "No Key"), ("name", " ")])),
    page("role", "/roles/{role}").wrong(Sent(&[("name", " ")])),
    page("role-built-in", "/roles/{built_in}").wrong(At("/roles/none")),
    page("role-remove", "/roles/{role}/remove").wrong(At("/roles/none/remove")),
    page("keys", "/keys").wrong(Sent(&[("name", " "), ("days", "90")])),
    page("log", "/log").wrong(At("/log?after=rubbish")),
    page("log-verified", "/log/verify").wrong(At("/log/verify?so_far=rubbish")),
    page("custom-fields", "/settings/fields").wrong(Sent(&[
        ("key", "No Key"),
        ("label", " "),
        ("choices", ""),
    ])),
    page("custom-field", "/settings/fields/{choice}")
        .wrong(Sent(&[("label", " "), ("choices", "Another")])),
    page("custom-field-archived", "/settings/fields/{archived}").wrong(At("/settings/fields/none")),
    page("retype", "/settings/fields/{field}/type").wrong(At(
        "/settings/fields/{field}/type?type=choice&choices=&leftover=keep&keep_in=No&plan=1",
    )),
    page(
        "retype-plan",
        "/settings/fields/{field}/type?type=number&leftover=keep&keep_in=before&plan=1",
    )
    .wrong(At("/settings/fields/{archived}/type?type=number&plan=1")),
    page("scoring", "/scoring").wrong(Sent(&[("key", "No Key")])),
    page("rule-set", "/scoring/{rules}").wrong(At("/scoring/none")),
    page("rule-set-version", "/scoring/{rules}?version=1").wrong(At("/scoring/{rules}?version=99")),
    page("settings", "/settings").wrong(Sent(&[
        ("currency", "x"),
        ("country", "Atlantis"),
        ("accent", "reddish"),
    ])),
    page("completeness", "/settings/completeness")
        .wrong(Sent(&[("email", "much"), ("phone", "2000")])),
    page("industry-names", "/settings/industries").wrong(Sent(&[("name", "!")])),
    page("system", "/system").wrong(Denied),
    page("profile", "/profile").wrong(Sent(&[("name", " "), ("zone", "")])),
    page("welcome", "/welcome"),
    page("menu", "/menu"),
    page("sign-in", "/sign-in")
        .stranger()
        .wrong(Sent(&[("email", "ana@brightmere.example"), ("password", "wrong")])),
    page("invitation", "/invitation?code={invitation}")
        .stranger()
        .wrong(Sent(&[("password", "short")])),
    page("reset", "/reset?code={reset}").stranger().wrong(At("/reset?code=old")),
    page("first-run", "/first-run?code={first_run}")
        .stranger()
        .wrong(Sent(&[("name", ""), ("password", "aaaaaaaaaaaaaaaa")])),
];
