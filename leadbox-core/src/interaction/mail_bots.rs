//! Machines that open mails and follow their links: gateways, scanners, previews, proxies. Owns the signs by which they are told
//! from readers, as numbers; knows nothing of how interactions are kept.
//!
//! | sign | holds for | limit |
//! |---|---|---|
//! | `user_agent` names a program | opens, clicks | the list in `agents` |
//! | `method` is `HEAD` or `OPTIONS` | opens, clicks | |
//! | `honeypot` is true: a link that people cannot see | clicks | |
//! | before the mail was there, or at once (`delivered_at`, else `sent_at`) | opens, clicks | 2 s, 5 s |
//! | the same through a proxy that loads pictures for readers (Gmail, Yahoo) | opens | 60 s |
//! | through Apple's proxy, which loads the pictures of every mail | opens | always |
//! | other links (`link` or `url`, in which `mail`) at the same time | clicks, all of them | 2 s |
//! | many at once, of mails that were never opened | clicks, all of them | 3 within 1 s |
//!
//! Two seconds to an open is what Mautic takes; that nobody has read a mail and followed a link within five is what those say who
//! audit mailings. A gateway that waits is not found by time, but by following all links at once. Only pairs are compared, so
//! it is the same whichever comes in first. What comes from which address is not looked at: a list of networks is old when it
//! is printed. Gmail's proxy mostly waits for a reader, so an open through it counts, if it is not at the moment of delivery; Apple's
//! never tells. A click through either is a click.

use chrono::{DateTime, TimeDelta};
use serde_json::Value;

use super::agents::Agent;
use super::{BotDetector, Finding, Interaction, InteractionKind, Judge, Needs, Suspicion};
use crate::time::Timestamp;

/// Nobody opens a mail sooner after it was delivered.
const OPENED_AFTER: TimeDelta = TimeDelta::seconds(2);

/// Nobody has opened a mail and followed a link sooner after it was delivered.
const FOLLOWED_AFTER: TimeDelta = TimeDelta::seconds(5);

/// A proxy that loads pictures for readers may load them when the mail arrives, so long after it was delivered.
const LOADED_AFTER: TimeDelta = TimeDelta::seconds(60);

/// Nobody follows two links within less. Many senders tell whole seconds.
const BURST: TimeDelta = Interaction::NEARBY;

/// So many clicks at once are more than a finger that slipped.
const AT_ONCE: usize = 3;

/// What is at once.
const ONCE: TimeDelta = TimeDelta::seconds(1);

/// Finds opens and clicks of e-mails that a machine seems to have caused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MailBots;

impl BotDetector for MailBots {
    fn needs(&self, kind: &InteractionKind) -> Needs {
        match kind.as_str() {
            InteractionKind::EMAIL_OPEN => Needs::Itself,
            InteractionKind::EMAIL_CLICK => Needs::Others,
            _ => Needs::Nothing,
        }
    }

    fn findings(&self, new: &Interaction, others: &[Interaction]) -> Vec<Finding> {
        let is_click = new.kind.as_str() == InteractionKind::EMAIL_CLICK;
        let mut findings: Vec<Finding> = Vec::new();
        let mut find = |one: &Interaction, reason: &str| {
            if !findings.iter().any(|finding| finding.interaction == one.id) {
                findings.push(Finding { interaction: one.id, reason: reason.to_owned() });
            }
        };
        if let Some(reason) = by_itself(new, is_click) {
            find(new, &reason);
        }
        if is_click {
            let clicks: Vec<&Interaction> = others.iter().filter(|one| is_evidence(one)).collect();
            if let Some((burst, reason)) =
                burst(new, &clicks).or_else(|| unopened(new, &clicks, others))
            {
                find(new, &reason);
                burst.into_iter().for_each(|one| find(one, &reason));
            }
        }
        findings
    }
}

/// A click, unless somebody said that it was a person's.
fn is_evidence(one: &Interaction) -> bool {
    one.kind.as_str() == InteractionKind::EMAIL_CLICK
        && (one.suspicion, one.judge) != (Suspicion::Clear, Judge::Somebody)
}

/// What an interaction alone tells.
fn by_itself(new: &Interaction, is_click: bool) -> Option<String> {
    let agent = Agent::of(text(new, "user_agent"));
    if let Agent::Program(name) = agent {
        return Some(format!("Its user agent names a program, not somebody's browser: {name}"));
    }
    let method = text(new, "method");
    if ["head", "options"].contains(&method.to_ascii_lowercase().as_str()) {
        let method = method.to_ascii_uppercase();
        return Some(format!("It asked with {method}, as no reader's program does"));
    }
    if is_click && new.props.get("honeypot") == Some(&Value::Bool(true)) {
        return Some("It followed a link that people cannot see".to_owned());
    }
    if !is_click && agent == Agent::Prefetcher {
        return Some(
            "Apple Mail loads the pictures of every mail, whether or not it is read".to_owned(),
        );
    }
    let after = new.at - moment(new, "delivered_at").or_else(|| moment(new, "sent_at"))?;
    let (did, limit) = match agent {
        _ if is_click => ("Followed", FOLLOWED_AFTER),
        Agent::ImageProxy(_) => ("Loaded", LOADED_AFTER),
        _ => ("Opened", OPENED_AFTER),
    };
    if after >= limit {
        return None;
    }
    let when = if after < TimeDelta::zero() {
        "before the mail was delivered".to_owned()
    } else {
        format!("{} s after the mail was delivered", after.num_milliseconds() / 1000)
    };
    Some(match agent {
        Agent::ImageProxy(whose) if !is_click => format!("{did} by {whose}'s proxy {when}"),
        _ => format!("{did} {when}"),
    })
}

/// Other links that were followed at about the same time.
fn burst<'a>(
    new: &Interaction,
    clicks: &[&'a Interaction],
) -> Option<(Vec<&'a Interaction>, String)> {
    let link = link(new)?;
    let is_near = |one: &&&Interaction| {
        (one.at - new.at).abs() <= BURST && self::link(one).is_some_and(|other| other != link)
    };
    let near: Vec<&Interaction> = clicks.iter().filter(is_near).copied().collect();
    let reason = format!("Other links were followed within {} s", BURST.num_seconds());
    (!near.is_empty()).then_some((near, reason))
}

/// Many clicks at once, though nothing was ever opened.
fn unopened<'a>(
    new: &Interaction,
    clicks: &[&'a Interaction],
    others: &[Interaction],
) -> Option<(Vec<&'a Interaction>, String)> {
    let is_open = |one: &Interaction| {
        one.kind.as_str() == InteractionKind::EMAIL_OPEN && one.suspicion == Suspicion::Clear
    };
    if others.iter().any(is_open) {
        return None;
    }
    let is_near = |one: &&&Interaction| (one.at - new.at).abs() <= ONCE;
    let near: Vec<&Interaction> = clicks.iter().filter(is_near).copied().collect();
    let reason = format!(
        "At least {AT_ONCE} clicks within {} s, and no mail was opened",
        ONCE.num_seconds()
    );
    (near.len() + 1 >= AT_ONCE).then_some((near, reason))
}

/// Which link of which mail was followed.
fn link(one: &Interaction) -> Option<(&str, &str)> {
    let link = Some(text(one, "link")).filter(|link| !link.is_empty());
    let link = link.unwrap_or_else(|| text(one, "url"));
    (!link.is_empty()).then(|| (text(one, "mail"), link))
}

fn text<'a>(one: &'a Interaction, name: &str) -> &'a str {
    one.props.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A moment as senders write it: RFC 3339, or seconds since 1970.
fn moment(one: &Interaction, name: &str) -> Option<Timestamp> {
    match one.props.get(name)? {
        Value::String(text) => text.parse().ok(),
        Value::Number(seconds) => DateTime::from_timestamp(seconds.as_i64()?, 0),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
