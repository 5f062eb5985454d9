//! The rules as an ordinary script of plain Rhai: everything that it brings, a map per lead that is made beforehand.

use std::error::Error;

use rhai::{AST, Dynamic, Engine, Map, Scope};

use super::facts::Facts;

const SCRIPT: &str = r#"
let score = 0.0;
if lead.email != () { score += 5.0; }
if lead.phone != () { score += 5.0; }
if lead.company != () { score += 5.0; }
if lead.email_domain in ["gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "gmx.de", "web.de"] { score -= 10.0; }
if lead.employees >= 50 && lead.employees <= 249 { score += 5.0; }
if lead.employees >= 250 && lead.employees <= 999 { score += 15.0; }
if lead.employees >= 1000 { score += 20.0; }
if lead.industry in ["software", "banking", "insurance", "healthcare", "manufacturing"] { score += 10.0; }
if lead.country in ["DE", "US", "FR", "GB", "NL", "JP"] { score += 8.0; }
if lead.title != () && (lead.title.contains("CTO") || lead.title.contains("CEO") || lead.title.contains("Chief") || lead.title.contains("Founder")) { score += 20.0; }
if lead.title != () && (lead.title.contains("VP") || lead.title.contains("Director") || lead.title.contains("Head")) { score += 12.0; }
if lead.opens > 0.0 { score += min(lead.opens, 10.0); }
if lead.views > 0.0 { score += min(2.0 * lead.views, 14.0); }
if lead.forms > 0.0 { score += min(10.0 * lead.forms, 20.0); }
if lead.demos > 0.0 { score += 25.0; }
if lead.idle <= 90.0 { score += 20.0 * exp(-lead.idle / 14.0); }
if lead.idle > 60.0 { score -= 15.0; }
if lead.source == "referral" { score += 10.0; }
if lead.budget >= 10000.0 { score += 15.0; }
if lead.unsubscribed || lead.do_not_call { score -= 30.0; }
score
"#;

/// The same as [`STEPS`](super::leadbox::STEPS).
pub const STEPS: &str = r#"
let size = lead.employees;
if size != () && size > 100 && lead.title != () && lead.title != "Student" { 5.0 } else { 0.0 }
"#;

/// The same as [`WORD`](super::leadbox::WORD).
pub const WORD: &str = r#"
if lead.employees > 100 && lead.title != () && lead.title.to_lower() != "student" { 5.0 } else { 0.0 }
"#;

/// The same as [`CHANGE`](super::leadbox::CHANGE).
pub const CHANGE: &str = r#"
let found = 0;
if lead.employees > 100 { found += 1; }
if lead.title != () && lead.title != "Student" { found += 1; }
if lead.country == "DE" { found += 1; }
if found > 1 { 5.0 } else { 0.0 }
"#;

/// The same as [`LOOP`](super::leadbox::LOOP).
pub const LOOP: &str = r#"
let found = 0;
for tag in lead.tags { if tag == "vip" || tag == "press" { found += 1; } }
if found > 1 { 5.0 } else { 0.0 }
"#;

/// The same as [`FUNCTION`](super::leadbox::FUNCTION).
pub const FUNCTION: &str = r#"
fn is_large(size, least) { size != () && size > least }
if is_large(lead.employees, 100) && lead.cf.budget >= 10000.0 && lead.cf.views_30d > 3.0 { 5.0 } else { 0.0 }
"#;

/// A script and a scope per lead.
pub struct Script {
    engine: Engine,
    ast: AST,
    scopes: Vec<Scope<'static>>,
}

fn known<T: Into<Dynamic>>(value: Option<T>) -> Dynamic {
    value.map_or(Dynamic::UNIT, Into::into)
}

fn map(facts: &Facts) -> Map {
    let text = |text: &Option<String>| known(text.clone());
    let custom: Map =
        [("budget".into(), known(facts.budget)), ("views_30d".into(), facts.views.into())].into();
    [
        ("email", text(&facts.email)),
        ("phone", text(&facts.phone)),
        ("company", text(&facts.company)),
        ("email_domain", text(&facts.email_domain)),
        ("employees", known(facts.employees)),
        ("industry", text(&facts.industry)),
        ("country", text(&facts.country)),
        ("title", text(&facts.title)),
        ("source", text(&facts.source)),
        ("opens", facts.opens.into()),
        ("views", facts.views.into()),
        ("forms", facts.forms.into()),
        ("demos", facts.demos.into()),
        ("idle", facts.idle.into()),
        ("budget", known(facts.budget)),
        ("unsubscribed", facts.is_unsubscribed.into()),
        ("do_not_call", facts.is_not_to_be_called.into()),
        ("cf", custom.into()),
        ("tags", Dynamic::from_array(facts.tags.iter().map(|tag| Dynamic::from(*tag)).collect())),
    ]
    .into_iter()
    .map(|(name, value)| (name.into(), value))
    .collect()
}

impl Script {
    /// The 20 rules.
    pub fn rules(all: &[Facts]) -> Result<Self, Box<dyn Error>> {
        Self::new(SCRIPT, all)
    }

    /// One rule.
    pub fn new(script: &str, all: &[Facts]) -> Result<Self, Box<dyn Error>> {
        let engine = Engine::new();
        let ast = engine.compile(script)?;
        let scope = |facts: &Facts| {
            let mut scope = Scope::new();
            scope.push("lead", map(facts));
            scope
        };
        Ok(Self { engine, ast, scopes: all.iter().map(scope).collect() })
    }

    /// The points of a lead.
    pub fn score(&mut self, lead: usize) -> Result<f64, Box<dyn Error>> {
        let scope = self.scopes.get_mut(lead).ok_or("no such lead")?;
        let score = self.engine.eval_ast_with_scope::<f64>(scope, &self.ast)?;
        scope.rewind(1);
        Ok(score)
    }
}
