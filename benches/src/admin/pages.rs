//! Which pages are asked for. Owns the list, and what each may take; a page that is not in it fails the test below.

use std::time::Duration;

use super::house::Places;

/// Who looks at a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reader {
    /// May do everything.
    Administrator,
    /// Sees its own leads only: a two-hundredth of all.
    Agent,
    /// Sees its own leads only, which are three.
    Newcomer,
}

impl Reader {
    /// Which leads it sees.
    pub const fn sees(self) -> &'static str {
        match self {
            Self::Administrator => "all",
            Self::Agent => "own",
            Self::Newcomer => "own three",
        }
    }
}

/// A page.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Below the mount, with names in braces for what is there.
    pub path: &'static str,
    /// Who looks at it.
    pub reader: Reader,
}

const fn page(path: &'static str) -> Page {
    Page { path, reader: Reader::Administrator }
}

const fn own(path: &'static str) -> Page {
    Page { path, reader: Reader::Agent }
}

const fn few(path: &'static str) -> Page {
    Page { path, reader: Reader::Newcomer }
}

/// The pages, some with several questions.
pub const PAGES: &[Page] = &[
    page("/"),
    page("/?period=year"),
    own("/"),
    few("/"),
    page("/leads"),
    own("/leads"),
    few("/leads"),
    page("/leads?stage=qualified&sort=score"),
    page("/leads?tag=vip&sort=score"),
    page("/leads?tag=rare"),
    page("/leads?q=muller"),
    page("/leads?q=garcia+77"),
    page("/leads?sort=name"),
    page("/leads/export?format=csv&q=person4711"),
    page("/my-leads"),
    page("/leads/{lead}"),
    page("/leads/{kept}"),
    page("/leads/{lead}/edit"),
    page("/leads/{lead}/merge"),
    page("/leads/{lead}/merge?with={gone}"),
    page("/leads/{kept}/merges/{merge}/undo"),
    page("/duplicates"),
    page("/leads/new"),
    page("/leads?view={view}"),
    page("/views/new?sort=name"),
    page("/views/{view}"),
    page("/tasks"),
    page("/tasks/{task}"),
    page("/notes/{note}"),
    page("/bulk/new?do=tag{ticked}"),
    page("/bulk/new?do=tag&tag=seen&plan=1{ticked}"),
    page("/bulk/{bulk}"),
    page("/bulk/{bulk}/undo"),
    page("/import"),
    page("/import/{waiting}"),
    page("/import/{imported}/undo"),
    page("/import/{filled}/undo"),
    page("/users"),
    page("/users/{user}"),
    page("/teams"),
    page("/teams/{team}"),
    page("/roles"),
    page("/roles/new"),
    page("/roles/{role}"),
    page("/roles/{role}/remove"),
    page("/keys"),
    page("/log"),
    own("/log"),
    few("/log"),
    page("/log?kind=setup"),
    page("/log/verify"),
    page("/scoring"),
    page("/scoring/{rules}"),
    page("/settings"),
    page("/settings/completeness"),
    page("/settings/industries"),
    page("/settings/fields"),
    page("/settings/fields/{field}"),
    page("/settings/fields/{field}/type"),
    page("/settings/fields/{field}/type?type=text&leftover=clear&plan=1"),
    page("/welcome"),
    page("/system"),
    page("/menu"),
    page("/profile"),
    page("/sign-in"),
];

impl Page {
    /// What 95 of 100 answers may take: the first page less than the others.
    pub fn limit(&self) -> Duration {
        Duration::from_millis(if self.path.starts_with("/?") || self.path == "/" {
            100
        } else {
            250
        })
    }

    /// Its address below the mount.
    pub fn address(&self, places: &Places) -> String {
        // The first page has no slash of its own.
        let path = match self.path.strip_prefix('/') {
            Some(rest) if rest.is_empty() || rest.starts_with('?') => rest,
            _ => self.path,
        };
        places.iter().fold(path.to_owned(), |path, (name, value)| {
            path.replace(&format!("{{{name}}}"), value)
        })
    }
}

#[cfg(test)]
#[path = "../../../leadbox-admin/tests/support/routes.rs"]
mod routes;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What is there for who holds a code alone, rows that were refused, which need some, and what is no page.
    const OTHERS: [&str; 5] =
        ["GET /first-run", "GET /invitation", "GET /reset", "GET /import/{}/refused", "GET /live"];

    #[test]
    fn every_page_of_the_dashboard_is_measured() {
        let plain = |page: &Page| routes::plain(&format!("GET {}", page.path));
        let measured: BTreeSet<String> = PAGES.iter().map(plain).collect();
        let pages = routes::routes().into_iter().filter(|one| one.starts_with("GET "));
        let pages = pages.filter(|one| !OTHERS.contains(&one.as_str()));
        assert_eq!(measured, pages.collect());
    }
}
