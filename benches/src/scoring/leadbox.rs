//! The rules as a script of LeadBox, and every way in which it is run.

/// The 20 rules.
pub const RULES: &str = r#"
priority("hot", 90);  priority("warm", 45);
rule("E-mail known", 5, |lead| is_known(lead.email));
rule("Phone known", 5, |lead| is_known(lead.phone));
rule("Company known", 5, |lead| is_known(lead.company));
rule("Free mailbox", -10, |lead| lead.email_domain in ["gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "gmx.de", "web.de"]);
rule("Small company", 5, |lead| lead.employees.between(50, 249));
rule("Mid-size company", 15, |lead| lead.employees.between(250, 999));
rule("Large company", 20, |lead| lead.employees >= 1000);
rule("Our industries", 10, |lead| lead.industry in ["software", "banking", "insurance", "healthcare", "manufacturing"]);
rule("Our countries", 8, |lead| lead.country in ["DE", "US", "FR", "GB", "NL", "JP"]);
rule("Decision maker", 20, |lead| lead.title.has_any(["CTO", "CEO", "Chief", "Founder"]));
rule("Leads a team", 12, |lead| lead.title.has_any(["VP", "Director", "Head"]));
rule("Opens", |lead| min(lead.cf.opens_30d, 10), |lead| lead.cf.opens_30d > 0);
rule("Views", |lead| 2 * lead.cf.views_30d, |lead| lead.cf.views_30d > 0).cap(14);
rule("Forms", |lead| 10 * lead.cf.forms_30d, |lead| lead.cf.forms_30d > 0).cap(20);
rule("Demo", 25, |lead| lead.cf.demos_30d > 0);
rule("Recent", |lead| 20 * 2.718281828459045 ** (-lead.cf.idle_days / 14), |lead| lead.cf.idle_days <= 90);
rule("Idle", -15, |lead| lead.cf.idle_days > 60);
rule("Referred", 10, |lead| lead.source == "referral");
rule("Budget", 15, |lead| lead.cf.budget >= 10000);
rule("Leave alone", -30, |lead| lead.consent.newsletter == "withdrawn" || lead.consent.calls == "denied");
"#;

/// Five decayed, filtered signals.
pub const SIGNALS: &str = r#"
signal("Saw prices", "page_view", 8).when(|i| i.path.starts_with("/pricing")).half_life(days(14)).cap(24);
signal("Opened", "email_open", 1).when(|i| i.seconds >= 5).half_life(days(7)).cap(5);
signal("Sent a form", "form_submit", 10).when(|i| i.path != "/docs").half_life(days(30)).cap(30);
signal("Called", "call", 15).when(|i| i.seconds >= 60).half_life(days(60)).cap(45);
signal("Clicked", "email_click", 3).when(|i| i.path.starts_with("/blog")).half_life(days(10)).cap(12);
"#;

/// One rule of several steps.
pub const STEPS: &str = r#"
rule("Alone", 5, |lead| { let size = lead.employees; is_known(size) && size > 100 && lead.title != "Student" });
"#;

/// One with a text in other letters.
pub const WORD: &str = r#"
rule("Alone", 5, |lead| lead.employees > 100 && lead.title.lower() != "student");
"#;

/// One that changes what it has counted, which only the interpreter can.
pub const CHANGE: &str = r#"
rule("Alone", 5, |lead| { let found = 0; if lead.employees > 100 { found += 1; } if lead.title != "Student" { found += 1; } if lead.country == "DE" { found += 1; } found > 1 });
"#;

/// One that repeats something, which only the interpreter can.
pub const LOOP: &str = r#"
rule("Alone", 5, |lead| { let found = 0; for tag in lead.tags { if tag == "vip" || tag == "press" { found += 1; } } found > 1 });
"#;

/// One that asks a function of the script.
pub const FUNCTION: &str = r#"
fn is_large(size, least) { is_known(size) && size > least }
rule("Alone", 5, |lead| is_large(lead.employees, 100) && lead.cf.budget >= 10000 && lead.cf.views_30d > 3);
"#;
