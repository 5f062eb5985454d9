//! Serves the dashboard and the pages written by hand in this process, and asks for them as a browser does.

use std::error::Error;
use std::net::SocketAddr;

use axum::Router;
use leadbox_admin::Admin;
use tokio::net::TcpListener;

use super::browser::Browser;
use super::house::{PREFIX, Places, administrator, agent, furnish, newcomer, signed_in};
use super::pages::{PAGES, Page, Reader};
use super::peer;
use crate::filled::filled;
use crate::measure::Took;
use crate::report::Report;
use crate::target::Kind;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often all pages are gone through; the middle figures are shown.
const ROUNDS: usize = 5;

/// What is measured.
#[derive(Debug)]
pub struct Asked {
    /// How many leads there are.
    pub leads: u64,
    /// How often each page is asked for in a round.
    pub samples: usize,
    /// Where the leads stay, if they do.
    pub keep: Option<String>,
}

/// Those that look.
struct Readers {
    administrator: Browser,
    agent: Browser,
    newcomer: Browser,
}

impl Readers {
    const fn browser(&self, reader: Reader) -> &Browser {
        match reader {
            Reader::Administrator => &self.administrator,
            Reader::Agent => &self.agent,
            Reader::Newcomer => &self.newcomer,
        }
    }
}

/// Fills a database with leads, and asks for every page.
pub async fn run(kind: Kind, asked: &Asked, seed: u64, report: &mut Report) -> Result<()> {
    let keep = asked.keep.as_deref();
    let (target, leadbox) = filled(kind, asked.leads, keep, seed, report).await?;
    let mut places = furnish(&leadbox).await?;
    target.settle().await?;
    let admin = Admin::new(leadbox.clone()).mount(Router::new(), PREFIX);
    let host = serve(admin).await?;
    let by_hand = Browser::new(&serve(peer::pages(&target).await?).await?);
    let readers = Readers {
        administrator: signed_in(&leadbox, &host, administrator()).await?,
        agent: signed_in(&leadbox, &host, agent()).await?,
        newcomer: signed_in(&leadbox, &host, newcomer()).await?,
    };
    wait_for_file(&readers.administrator, &mut places).await?;

    let (bytes, answers) = readers.administrator.cold(PREFIX).await?;
    report.line(&format!(
        "the first page, opened for the first time: {bytes} bytes in {answers} answers, packed"
    ));
    let all = round_by_round(asked.samples, &readers, &by_hand, &places).await?;
    report.line(&format!("{ROUNDS} rounds of {} samples; the middle figures", asked.samples));
    report.line("");
    report.line("| page | seen by | p50 / p95 ms | may take, p95 | |");
    report.line("|---|---|---|---|---|");
    for (page, took) in PAGES.iter().zip(&all.ours) {
        let over = if took.p95 > page.limit() { "**over**" } else { "" };
        let by = page.reader.sees();
        let limit = page.limit().as_millis();
        report.line(&format!("| {} | {by} | {took} | {limit} | {over} |", page.path));
    }
    report.line("");
    report.line("| page | p50 / p95 ms | by hand | ratio of p50 |");
    report.line("|---|---|---|---|");
    for (path, theirs) in BY_HAND.iter().zip(&all.theirs) {
        let place = PAGES
            .iter()
            .position(|page| page.path == *path && page.reader == Reader::Administrator);
        let ours = all.ours[place.ok_or("the page is not measured")?];
        let ratio = theirs.p50.as_secs_f64() / ours.p50.as_secs_f64();
        report.line(&format!("| {path} | {ours} | {theirs} | **{ratio:.2}** |"));
    }
    drop(leadbox);
    if asked.keep.is_none() {
        target.end().await?;
    }
    Ok(())
}

/// The pages that are written by hand too.
const BY_HAND: [&str; 2] = ["/", "/leads"];

/// The middle figures of every page, and of those written by hand.
struct Figures {
    ours: Vec<Took>,
    theirs: Vec<Took>,
}

/// Every page in every round: a minute in which the machine is slow spoils one round and no figure.
async fn round_by_round(
    samples: usize,
    readers: &Readers,
    by_hand: &Browser,
    places: &Places,
) -> Result<Figures> {
    let (mut ours, mut theirs) = (vec![Vec::new(); PAGES.len()], vec![Vec::new(); BY_HAND.len()]);
    for _ in 0..ROUNDS {
        for (page, rounds) in PAGES.iter().zip(&mut ours) {
            let reader = readers.browser(page.reader);
            let address = format!("{PREFIX}{}", page.address(places));
            rounds.push(sample(reader, &address, page, samples).await?);
        }
        for (path, rounds) in BY_HAND.iter().zip(&mut theirs) {
            let page = Page { path, reader: Reader::Administrator };
            rounds.push(sample(by_hand, path, &page, samples).await?);
        }
    }
    let middle = |rounds: Vec<Vec<Took>>| {
        rounds.into_iter().map(|one| Took::middle(one.into_iter())).collect()
    };
    Ok(Figures { ours: middle(ours), theirs: middle(theirs) })
}

async fn sample(browser: &Browser, address: &str, page: &Page, samples: usize) -> Result<Took> {
    let mut took = Vec::with_capacity(samples);
    for _ in 0..samples {
        let answer = browser.get(address).await?;
        if !answer.status.is_success() {
            return Err(format!("{} answers {}", page.path, answer.status).into());
        }
        took.push(answer.took);
    }
    Ok(Took::of(&mut took))
}

/// A file that waits to be imported.
async fn wait_for_file(browser: &Browser, places: &mut Places) -> Result<()> {
    let answer =
        browser.upload(&format!("{PREFIX}/import"), "name,email\nCy,cy@fair.example").await?;
    let location = answer.headers.get("location").ok_or("the file was not taken")?.to_str()?;
    let waiting = location.rsplit('/').next().unwrap_or_default();
    places.insert("waiting", waiting.to_owned());
    Ok(())
}

/// Serves until the program ends.
async fn serve(app: Router) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let host = format!("http://{}", listener.local_addr()?);
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok(host)
}
