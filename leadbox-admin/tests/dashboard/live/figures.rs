//! What live updates cost: figures that are printed, on the way of a real socket.

use std::time::{Duration, Instant};

use leadbox_core::NewLead;

use super::ear::Place;
use super::{head, limited};

/// Leads that come in within a second.
const LEADS: usize = 500;

/// What the process used of its processors until now.
fn used() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    // A tick of /proc is a hundredth of a second wherever Linux runs.
    Some(Duration::from_millis(ticks * 10))
}

/// What so many sockets cost, in words.
async fn measure(sockets: usize, role: &str) -> String {
    let (office, _stop) = limited(100);
    let sam = office.hire("sam", role).await;
    let place = Place::of_office(&office).await;
    let leadbox = office.sandbox.leadbox.clone();
    let browser = office.signed_in("sam").await;
    let mut ears = Vec::new();
    for _ in 0..sockets {
        ears.push(place.listen(&browser, "topics=leads,overview").await);
    }
    let (began, before) = (Instant::now(), used());
    for n in 0..LEADS {
        let due = Duration::from_millis(n as u64 * 1000 / LEADS as u64);
        tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
        let new = NewLead { owner: Some(sam), ..NewLead::new().name(format!("Lead {n}")) };
        leadbox.leads().capture(&new).await.unwrap();
    }
    let (captured, last) = (Instant::now(), head(&leadbox).await);
    let mut messages = 0;
    for ear in &mut ears {
        let mut seq = 0;
        while seq < last {
            seq = ear.hear().await.1;
            messages += 1;
        }
    }
    let spent = used().zip(before).map(|(now, then)| (now - then).as_millis());
    // A window of a quarter of a second tells two topics at most, once.
    let windows = usize::try_from(began.elapsed().as_millis() / 250).unwrap() + 2;
    assert!(messages <= sockets * windows * 2, "{messages} messages in {windows} windows");
    format!(
        "{LEADS} leads in {} ms, {sockets} sockets of a {role}: {messages} messages, the last {} ms behind; {} ms of processor",
        (captured - began).as_millis(),
        captured.elapsed().as_millis(),
        spent.map_or_else(|| "?".to_owned(), |spent| spent.to_string()),
    )
}

#[tokio::test]
async fn many_leads_are_few_messages_however_many_listen() {
    for role in ["admin", "agent"] {
        for sockets in [0, 1, 50] {
            println!("- {}", measure(sockets, role).await);
        }
    }
}
