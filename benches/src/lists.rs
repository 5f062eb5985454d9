//! Lists over many leads: the filter and sort pairs that sales lists ask for, as everybody, as one owner and as a team, on
//! the first page and on the thousandth.

use std::error::Error;
use std::time::{Duration, Instant};

use leadbox_core::filter::{Check, LeadField, Leaf, Op, Operand, Search, Sense, SortKey, Test};
use leadbox_core::{LeadBox, LeadFilter, LeadQuery, LeadSort, PageRequest, Scope};

use crate::filled::{filled, owner};
use crate::measure::Took;
use crate::report::Report;
use crate::target::Kind;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Rows per page.
const PAGE: u32 = 50;
/// How often all lists are gone through, so that a minute in which the machine is slow spoils one round and no figure: of
/// each list's p50 and p95, the middle ones are shown.
const ROUNDS: usize = 5;

/// What is measured.
#[derive(Debug)]
pub struct Asked {
    /// How many leads there are.
    pub leads: u64,
    /// How often each list is asked for.
    pub samples: usize,
    /// Where the leads stay, if they do.
    pub keep: Option<String>,
    /// What the names of the lists hold.
    pub only: String,
}

/// Fills a database with leads, and measures.
pub async fn run(kind: Kind, asked: &Asked, seed: u64, report: &mut Report) -> Result<()> {
    let keep = asked.keep.as_deref();
    let (_target, leadbox) = filled(kind, asked.leads, keep, seed, report).await?;
    let lists = lists(&leadbox, &asked.only).await?;
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let mut figures = Vec::with_capacity(lists.len());
        for list in &lists {
            figures.push(list.measure(&leadbox, asked.samples).await?);
        }
        rounds.push(figures);
    }
    report.line(&format!("{ROUNDS} rounds of {} samples; the middle figures", asked.samples));
    report.line("");
    report.line("| list | seen by | page 1 p50 / p95 ms | page 1000 p50 / p95 ms |");
    report.line("|---|---|---|---|");
    for (index, List { name, seen_by, .. }) in lists.iter().enumerate() {
        let of_list = || rounds.iter().map(|figures| &figures[index]);
        let first = Took::middle(of_list().map(|pages| pages.first));
        let deep = of_list().map(|pages| pages.deep).collect::<Option<Vec<_>>>();
        let deep = deep.map_or_else(
            || "(fewer pages)".to_owned(),
            |deep| Took::middle(deep.into_iter()).to_string(),
        );
        report.line(&format!("| {name} | {seen_by} | {first} | {deep} |"));
    }
    Ok(())
}

async fn queries(leadbox: &LeadBox) -> Result<Vec<(&'static str, LeadQuery)>> {
    let catalog = leadbox.catalog().await?;
    let check = |filter: LeadFilter| filter.check(&catalog, leadbox.scope(), leadbox.now());
    let by_score = LeadSort::descending(SortKey::Score);
    let by_created = LeadSort::descending(SortKey::Created);
    let stage = LeadFilter::is("stage", Op::Eq, "qualified");
    let owned = Check::Leaf(Leaf {
        field: LeadField::Owner,
        test: Test::OneOf(vec![Operand::Id(owner(3).uuid())]),
        sense: Sense::Holds,
    });
    let in_range = check(stage.clone().and(LeadFilter::is("score", Op::Between, vec![40, 60])))?;
    let query = |check, sort| LeadQuery { check, search: Search::default(), sort };
    let look = |text: &str| LeadQuery {
        check: Check::default(),
        search: Search::parse(text),
        sort: by_created,
    };
    Ok(vec![
        ("stage, by score", query(check(stage)?, by_score)),
        (
            "owner, stage and score range, by score",
            query(Check::All(vec![owned.clone(), in_range]), by_score),
        ),
        ("owner, by creation", query(owned, by_created)),
        ("common tag, by score", query(check(LeadFilter::is("tag", Op::Eq, "vip"))?, by_score)),
        ("rare tag, by score", query(check(LeadFilter::is("tag", Op::Eq, "rare"))?, by_score)),
        (
            "custom field, by creation",
            query(check(LeadFilter::is("cf.budget", Op::Eq, 500))?, by_created),
        ),
        ("everything, by creation", query(Check::default(), by_created)),
        ("everything, by name", query(Check::default(), LeadSort::ascending(SortKey::Name))),
        ("text, rare: person4711", look("person4711@")),
        ("text, common: muller", look("muller")),
        ("text, two words: garcia 77", look("garcia 77")),
        ("text, three words: garcia company 77", look("garcia company 77")),
    ])
}

/// A list, as somebody sees it.
struct List {
    name: &'static str,
    seen_by: &'static str,
    scope: Scope,
    query: LeadQuery,
    /// The request for the thousandth page, if there is one.
    deep: Option<PageRequest>,
}

/// How long two pages of a list took.
struct Pages {
    first: Took,
    deep: Option<Took>,
}

/// The lists whose names hold `only`, each as everybody, one owner and a team see it.
async fn lists(leadbox: &LeadBox, only: &str) -> Result<Vec<List>> {
    let tenant = leadbox.tenant();
    let scopes = [
        ("all", Scope::all(tenant)),
        ("own", Scope::owned_by(tenant, [owner(3)])),
        ("team of 50", Scope::owned_by(tenant, (0..50).map(owner))),
    ];
    let mut lists = Vec::new();
    for (name, query) in queries(leadbox).await? {
        for (seen_by, scope) in scopes.iter().filter(|_| name.contains(only)) {
            let deep = deep_page(leadbox, scope, &query).await?;
            let (scope, query) = (scope.clone(), query.clone());
            lists.push(List { name, seen_by, scope, query, deep });
        }
    }
    Ok(lists)
}

async fn deep_page(
    leadbox: &LeadBox,
    scope: &Scope,
    query: &LeadQuery,
) -> Result<Option<PageRequest>> {
    let mut page = PageRequest::first(PageRequest::MAX);
    for _ in 0..(999 * PAGE / PageRequest::MAX) {
        match leadbox.storage().leads(scope, query, &page).await?.next {
            Some(cursor) => page = PageRequest::after(PageRequest::MAX, cursor),
            None => return Ok(None),
        }
    }
    Ok(Some(PageRequest { size: PAGE, ..page }))
}

impl List {
    async fn measure(&self, leadbox: &LeadBox, samples: usize) -> Result<Pages> {
        let first = self.sample(leadbox, &PageRequest::first(PAGE), samples).await?;
        let deep = match &self.deep {
            Some(page) => Some(self.sample(leadbox, page, samples).await?),
            None => None,
        };
        Ok(Pages { first, deep })
    }

    async fn sample(&self, leadbox: &LeadBox, page: &PageRequest, samples: usize) -> Result<Took> {
        let mut took: Vec<Duration> = Vec::with_capacity(samples);
        for _ in 0..samples {
            let began = Instant::now();
            leadbox.storage().leads(&self.scope, &self.query, page).await?;
            took.push(began.elapsed());
        }
        Ok(Took::of(&mut took))
    }
}
