//! What the invented company has set up before its first lead: custom fields, scoring rules, teams and users with their roles,
//! views.

use leadbox_core::scoring::Example;
use leadbox_core::service::{NewTeam, NewUser};
use leadbox_core::{Error, FieldDefinition, FieldType, Invalid, LeadBox, Result, TeamId, UserId};

use super::views::save_views;

/// The teams, and up to how many employees a lead's company belongs to each.
pub(super) const TEAMS: [(&str, i64); 3] =
    [("Inbound", 99), ("Mid-market", 999), ("Enterprise", i64::MAX)];

/// Who works on leads, as agents, and the place of their team.
pub(super) const USERS: [(&str, &str, usize); 8] = [
    ("Lena Falkenrath", "lena@brightmere.example", 0),
    ("Marcus Okonjo", "marcus@brightmere.example", 0),
    ("Inès Garrigue", "ines@brightmere.example", 0),
    ("Theo Lockhart", "theo@brightmere.example", 1),
    ("Astrid Nyström", "astrid@brightmere.example", 1),
    ("Rafael Quintanar", "rafael@brightmere.example", 1),
    ("Harriet Ravensdale", "harriet@brightmere.example", 2),
    ("Vikram Iyengar", "vikram@brightmere.example", 2),
];

/// Who does not, with the role that says why; the first leads all teams.
const STAFF: [(&str, &str, &str); 4] = [
    ("Oskar Bright", "oskar@brightmere.example", "manager"),
    ("Ana Novak", "ana@brightmere.example", "admin"),
    ("Sunniva Aker", "sunniva@brightmere.example", "analyst"),
    ("Petra Voss", "petra@brightmere.example", "read_only"),
];

/// The example whose rules it took over.
const RULES: &str = "b2b_saas";

/// What leads want the product for.
pub(super) const USE_CASES: [&str; 5] = [
    "Lead routing",
    "Lead scoring",
    "Pipeline reporting",
    "Campaign attribution",
    "CRM replacement",
];

fn fields() -> [(&'static str, &'static str, FieldType); 4] {
    let use_cases = USE_CASES.map(str::to_owned).to_vec();
    [
        ("budget", "Budget per year", FieldType::Decimal),
        ("use_case", "Use case", FieldType::Choice(use_cases)),
        ("trial_ends", "Trial ends", FieldType::Date),
        ("newsletter", "Reads the newsletter", FieldType::Bool),
    ]
}

/// Declares the fields and makes teams and users; returns the users' ids in the order of [`USERS`].
pub(super) async fn set_up(leadbox: &LeadBox) -> Result<Vec<UserId>> {
    for (key, label, kind) in fields() {
        // The keys above are field keys; a wrong one would stop at the first lead that has it.
        if let Ok(field) = FieldDefinition::new(key, kind) {
            let field = FieldDefinition { label: label.to_owned(), ..field };
            leadbox.definitions().define_field(&field).await?;
        }
    }
    score(leadbox).await?;
    let directory = leadbox.directory();
    let sales = directory.add_team(&NewTeam { name: "Sales".to_owned(), parent: None }).await?.id;
    let mut teams = Vec::with_capacity(TEAMS.len());
    for (name, _) in TEAMS {
        let new = NewTeam { name: name.to_owned(), parent: Some(sales) };
        teams.push(directory.add_team(&new).await?.id);
    }
    let mut users = Vec::with_capacity(USERS.len());
    for (name, email, team) in USERS {
        users.push(
            directory.add_user(&user(name, email, teams.get(team).copied(), "agent")?).await?.id,
        );
    }
    let mut head = None;
    for (index, (name, email, role)) in STAFF.into_iter().enumerate() {
        let team = (index == 0).then_some(sales);
        let user = directory.add_user(&user(name, email, team, role)?).await?;
        head = head.or(Some(user.id));
    }
    if let (Some(head), Some(seller)) = (head, users.first()) {
        save_views(&leadbox.as_user(head).await?, &leadbox.as_user(*seller).await?).await?;
    }
    Ok(users)
}

/// Publishes the rules by which leads are scored.
async fn score(leadbox: &LeadBox) -> Result<()> {
    let example = Example::named(RULES).ok_or_else(|| Error::not_found("example", RULES))?;
    let key = RULES.parse().map_err(|error| Invalid::one("key", error))?;
    leadbox.rules().publish_script(&key, example.script, "our first rules").await?;
    Ok(())
}

fn user(name: &str, email: &str, team: Option<TeamId>, role: &str) -> Result<NewUser> {
    let role = role.parse().map_err(|error| Invalid::one("role", error))?;
    Ok(NewUser { name: name.to_owned(), email: email.to_owned(), team, roles: [role].into() })
}

/// One of the users of the team that a company of this size belongs to.
pub(super) fn owner(dice: &mut super::dice::Dice, employees: i64) -> usize {
    let team = TEAMS.iter().position(|(_, most)| employees <= *most).unwrap_or_default();
    let members =
        || USERS.iter().enumerate().filter(|(_, (_, _, own))| *own == team).map(|(place, _)| place);
    members().nth(dice.below(members().count())).unwrap_or_default()
}
