//! Everything that can be done on the pages, one entry each, done by hand in the browser: with scripts, and without. Owns
//! the table; `docs/pages.md` is the same for people, and `documented.rs` holds the two together.
//!
//! Each is done on its page, then a page is asked for anew, which shows what is stored, and the log has what it should.
//! They build upon each other, in the order of the table.

use leadbox_core::{Event, EventType, Position};
use serde_json::{Value, json};

use crate::chrome::browse;
use crate::house::{ANA, House, Reader};
use crate::shapes::Houses;
use crate::support::PASSWORD;
use crate::tab::Tab;

/// Something that can be done.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// Method and route, as in the table of routes.
    pub request: &'static str,
    /// The page on which it is done.
    page: &'static str,
    reader: Reader,
    /// What is typed, ticked or chosen, by the control's name.
    given: &'static [(&'static str, &'static str)],
    /// The words on the button.
    button: &'static str,
    /// What the page that comes then says.
    says: &'static str,
    /// What is there afterwards where scripts do it without another page.
    in_place: Option<&'static str>,
    /// What is written into the log.
    pub logged: &'static [EventType],
    /// The page that shows what is stored; without one, the page that came.
    stored_on: Option<&'static str>,
    /// What that page says, also in its controls.
    stored: &'static [&'static str],
}

const fn action(request: &'static str, page: &'static str, button: &'static str) -> Action {
    Action {
        request,
        page,
        reader: Reader::Ana,
        given: &[],
        button,
        says: "",
        in_place: None,
        logged: &[],
        stored_on: None,
        stored: &[],
    }
}

impl Action {
    const fn stranger(self) -> Self {
        Self { reader: Reader::Stranger, ..self }
    }

    const fn given(self, given: &'static [(&'static str, &'static str)]) -> Self {
        Self { given, ..self }
    }

    const fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    const fn in_place(self, there: &'static str) -> Self {
        Self { in_place: Some(there), ..self }
    }

    const fn logged(self, logged: &'static [EventType]) -> Self {
        Self { logged, ..self }
    }

    const fn stored(self, stored: &'static [&'static str]) -> Self {
        Self { stored, ..self }
    }

    const fn stored_on(self, page: &'static str, stored: &'static [&'static str]) -> Self {
        Self { stored_on: Some(page), stored, ..self }
    }
}

const NEXT_PASSWORD: &str = "another sentence to remember";

pub const ACTIONS: &[Action] = &[
    action("POST /sign-in", "/sign-in", "Sign in")
        .stranger()
        .given(&[("email", ANA), ("password", "a wrong guess it is")])
        .says("E-mail or password is wrong")
        .logged(&[EventType::SIGN_IN_FAILED]),
    action("POST /sign-in", "/sign-in", "Sign in")
        .stranger()
        .given(&[("email", ANA), ("password", PASSWORD)])
        .logged(&[EventType::SESSION_STARTED])
        .stored_on("", &["Overview", "Ana Novak"]),
    action("POST /profile/sign-out", "/profile", "Sign out everywhere else")
        .logged(&[EventType::SESSION_ENDED])
        .stored(&["this one"]),
    action("POST /invitation", "/invitation?code={invitation}", "Set password")
        .stranger()
        .given(&[("password", NEXT_PASSWORD)])
        .logged(&[EventType::PASSWORD_SET, EventType::SESSION_STARTED])
        .stored_on("", &["Marcus Okonjo"]),
    action("POST /reset", "/reset?code={reset}", "Set password")
        .stranger()
        .given(&[("password", NEXT_PASSWORD)])
        .logged(&[EventType::PASSWORD_SET, EventType::SESSION_ENDED, EventType::SESSION_STARTED])
        .stored_on("", &["Lena Falkenrath"]),
    action("POST /first-run", "/first-run?code={first_run}", "Create and continue")
        .stranger()
        .given(&[
            ("name", "Ann Lee"),
            ("email", "ann@office.example"),
            ("password", PASSWORD),
            ("zone", "Europe/Berlin"),
            ("currency", "CHF"),
        ])
        .logged(&[
            EventType::SETTINGS_CHANGED,
            EventType::USER_CHANGED,
            EventType::PASSWORD_SET,
            EventType::SESSION_STARTED,
        ])
        .stored_on("/settings", &["Ann Lee", "Europe/Berlin", "CHF"]),
    action("POST /welcome/demo", "/welcome", "Make data up")
        .says("Overview")
        .logged(&[EventType::LEAD_CAPTURED])
        .stored_on("/welcome", &["Your box has leads.", "Go on"]),
    action("POST /leads/new", "/leads/new", "Save")
        .given(&[
            ("name", "Ada Byron"),
            ("email", "ada@engines.example"),
            ("employees", "250"),
            ("value", "1250.50"),
            ("tags", "vip, trial"),
            ("cf.use_case", "Lead scoring"),
        ])
        .logged(&[EventType::LEAD_CAPTURED])
        .stored(&[
            "Ada Byron",
            "ada@engines.example",
            "EUR 1,250.50",
            "trial, vip",
            "Lead scoring",
        ]),
    action("POST /leads/{id}/edit", "/leads/{lead}/edit", "Save")
        .given(&[("title", "Chief of Engines"), ("owner", "Vikram Iyengar"), ("tags", "engines")])
        .logged(&[EventType::LEAD_UPDATED, EventType::LEAD_ASSIGNED])
        .stored(&["Chief of Engines", "Vikram Iyengar", "engines"]),
    action("POST /leads/{id}/stage", "/leads/{lead}", "Move")
        .given(&[("stage", "Won")])
        .logged(&[EventType::LEAD_STAGE_CHANGED])
        .stored(&["[Won]", "Moved to another stage"]),
    action("POST /leads/{id}/tasks", "/leads/{lead}", "Add task")
        .given(&[
            ("title", "Send the offer"),
            ("assignee", "Vikram Iyengar"),
            ("details", "By post."),
        ])
        .logged(&[EventType::TASK_ADDED])
        .stored(&["Complete Send the offer", "By post.", "Task added: Send the offer"]),
    action("POST /tasks/{id}/complete", "/leads/{lead}", "Complete Send the offer")
        .logged(&[EventType::TASK_COMPLETED])
        .stored(&["Reopen Send the offer", "Task done: Send the offer"]),
    action("POST /tasks/{id}/reopen", "/leads/{lead}", "Reopen Send the offer")
        .logged(&[EventType::TASK_REOPENED])
        .stored(&["Complete Send the offer"]),
    action("POST /leads/{id}/notes", "/leads/{lead}", "Add note")
        .given(&[("text", "Decides in March.")])
        .logged(&[EventType::NOTE_ADDED])
        .stored(&["Decides in March.", "Wrote a note"]),
    action("POST /leads/{id}/interactions", "/leads/{lead}", "Record")
        .given(&[("kind", "Meeting"), ("summary", "They want seats.")])
        .logged(&[EventType::INTERACTION_RECORDED])
        .stored(&["Meeting", "They want seats."]),
    action("POST /interactions/{id}/mark", "/leads/{lead}", "Mark as a machine’s")
        .logged(&[EventType::INTERACTION_MARKED])
        .stored(&["Probably a machine", "Mark as a person’s"]),
    action("POST /duplicates/{a}/{b}", "/duplicates", "Not the same person")
        .says("are two people.")
        .logged(&[EventType::LEAD_DISTINGUISHED, EventType::LEAD_DISTINGUISHED])
        .stored(&["Take it back"]),
    action("POST /duplicates/{a}/{b}", "/leads/{twin}/merge?with={other}", "Not the same person")
        .says("are two people.")
        .logged(&[EventType::LEAD_DISTINGUISHED, EventType::LEAD_DISTINGUISHED])
        .stored_on("/leads/{twin}/merge", &["No lead looks like it."]),
    action("POST /duplicates/{a}/{b}", "/duplicates?a={twin}&b={other}", "Take it back")
        .logged(&[EventType::LEAD_DISTINGUISHED, EventType::LEAD_DISTINGUISHED])
        .stored_on("/leads/{twin}/merge", &["Same name"]),
    action("POST /leads/{id}/merge", "/leads/{twin}/merge?with={other}", "Merge these leads")
        .says("was merged into this lead.")
        .logged(&[EventType::LEAD_MERGED])
        .stored_on("/leads/{other}", &["was merged into this lead.", "Merged into this lead"]),
    action(
        "POST /leads/{id}/merges/{event}/undo",
        "/leads/{merged}/merges/{merge}/undo",
        "Undo this merge",
    )
    .says("A merge was undone")
    .logged(&[EventType::LEAD_UNMERGED])
    .stored(&["Undone"]),
    action("POST /tasks/{id}", "/tasks/{task}", "Save")
        .given(&[("title", "Something else")])
        .logged(&[EventType::TASK_CHANGED])
        .stored_on("/tasks/{task}", &["[Something else]"]),
    action("POST /tasks/{id}/delete", "/tasks/{task}", "Delete")
        .says("Task deleted: Something else")
        .logged(&[EventType::TASK_DELETED])
        .stored_on("/log", &["Task deleted: Something else"]),
    action("POST /notes/{id}", "/notes/{note}", "Save")
        .given(&[("text", "Decides in May.")])
        .logged(&[EventType::NOTE_CHANGED])
        .stored_on("/notes/{note}", &["[Decides in May.]"]),
    action("POST /notes/{id}/delete", "/notes/{note}", "Delete")
        .says("Deleted a note")
        .logged(&[EventType::NOTE_DELETED])
        .stored(&["Deleted since"]),
    action("POST /views", "/views/new?stage=won&sort=name", "Save")
        .given(&[("name", "Won, by name"), ("sharing", "Everybody who sees leads")])
        .says("Won, by name")
        .logged(&[EventType::VIEW_SAVED])
        .stored(&["Won, by name", "[Won]", "[By name]"]),
    action("POST /views/{id}/list", "/leads?view={view}&sort=value", "Save changes")
        .says("Still open")
        .logged(&[EventType::VIEW_CHANGED])
        .stored_on("/leads?view={view}", &["[Highest value first]"]),
    action("POST /views/{id}", "/views/{view}", "Save")
        .given(&[("name", "Not over yet"), ("sharing", "Its owner's team, and the teams below")])
        .says("Not over yet")
        .logged(&[EventType::VIEW_CHANGED])
        .stored_on("/views/{view}", &["[Not over yet]", "[Its owner's team, and the teams below]"]),
    action("POST /views/{id}/take-over", "/views/{shared}", "Make it mine")
        .logged(&[EventType::VIEW_CHANGED])
        .stored_on("/log?kind=views", &["Oskar Bright", "Ana Novak"]),
    action("POST /views/{id}/delete", "/views/{view}", "Delete")
        .says("All leads")
        .logged(&[EventType::VIEW_DELETED])
        .stored_on("/log?kind=views", &["A view was deleted", "Not over yet"]),
    action("GET /bulk/new", "/leads", "Continue")
        .given(&[("lead", "{lead}"), ("do", "Give to somebody")])
        .says("Nothing is done before you say so."),
    action("POST /bulk", "/bulk/new?do=tag&tag=spring&plan=1&lead={lead}", "Change 1 lead")
        .says("Changing leads")
        .logged(&[EventType::LEAD_UPDATED, EventType::BULK_FINISHED])
        .stored_on("/leads/{lead}", &["spring", "a bulk action of Ana Novak"]),
    action("POST /bulk/{id}/undo", "/bulk/{bulk}/undo", "Take back 2 leads")
        .says("Taking changes back")
        .logged(&[EventType::LEAD_UPDATED, EventType::LEAD_UPDATED, EventType::BULK_FINISHED])
        .stored(&["2 of 2 leads", "Done"]),
    action("POST /bulk/{id}/cancel", "/bulk/{waiting}", "Stop").stored(&["Stopping"]),
    action("POST /import", "/import", "Continue")
        .given(&[("file", "{file}")])
        .says("Which column fills which field"),
    action("POST /import/{id}", "/import/{import}", "Try it")
        .given(&[("by", "E-mail")])
        .says("What would happen")
        .stored(&["Refused rows", "[E-mail]"]),
    action("POST /import/{id}", "/import/{import}", "Import")
        .says("What happened")
        .logged(&[EventType::LEAD_CAPTURED, EventType::LEAD_CAPTURED, EventType::IMPORT_FINISHED])
        .stored_on("/leads", &["Bea", "Dee"]),
    action("POST /import/{id}/undo", "/import/{imported}/undo", "Take back 1 lead")
        .says("Taking changes back")
        .logged(&[EventType::LEAD_DELETED, EventType::BULK_FINISHED])
        .stored(&["1 of 1 leads", "Done"]),
    action("POST /users", "/users", "Add and make a link")
        .given(&[("name", "Bo Berg"), ("email", "bo@office.example"), ("role", "agent")])
        .says("/invitation?code=lbi_")
        .logged(&[EventType::USER_CHANGED, EventType::USER_INVITED])
        .stored_on("/users", &["Bo Berg", "bo@office.example"]),
    action("POST /users/{id}", "/users/{user}", "Save")
        .given(&[("name", "Lena Falk"), ("role", "analyst")])
        .logged(&[EventType::USER_CHANGED])
        .stored(&["Lena Falk", "[analyst]"]),
    action("POST /users/{id}/link", "/users/{user}", "Make a link for a new password")
        .says("/reset?code=lbr_")
        .logged(&[EventType::PASSWORD_RESET_ASKED])
        .stored_on("/log", &["Lena Falk: A link for a new password was made"]),
    action("POST /users/{id}/link", "/users/{invitee}", "Make an invitation")
        .says("/invitation?code=lbi_")
        .logged(&[EventType::USER_INVITED])
        .stored_on("/log", &["Harriet Ravensdale: A user was invited"]),
    action("POST /users/{id}/sign-out", "/users/{user}", "Sign out everywhere")
        .logged(&[EventType::SESSION_ENDED])
        .stored(&["Nowhere."]),
    action("POST /teams", "/teams", "Add team")
        .given(&[("name", "South")])
        .logged(&[EventType::TEAM_CHANGED])
        .stored_on("/teams", &["South"]),
    action("POST /teams/{id}", "/teams/{team}", "Save")
        .given(&[("name", "Far North")])
        .logged(&[EventType::TEAM_CHANGED])
        .stored_on("/log", &["Far North: A team was made or changed"]),
    action("POST /roles/new", "/roles/new", "Make role")
        .given(&[("name", "Helper"), ("key", "helper")])
        .logged(&[EventType::ROLE_CHANGED])
        .stored_on("/roles", &["Helper"]),
    action("POST /roles/{key}", "/roles/{role}", "Save")
        .given(&[("name", "Telephonist")])
        .logged(&[EventType::ROLE_CHANGED])
        .stored_on("/roles/{role}", &["[Telephonist]", "Phone"]),
    action("POST /roles/{key}/remove", "/roles/{role}/remove", "Remove Telephonist")
        .logged(&[EventType::ROLE_REMOVED])
        .stored_on("/log", &["Telephonist"]),
    action("POST /keys", "/keys", "Make key")
        .given(&[("name", "Nightly job"), ("days", "90 days"), ("lead.read", "everybody's")])
        .says("lbk_")
        .logged(&[EventType::KEY_MADE])
        .stored_on("/keys", &["Nightly job"]),
    action("POST /keys/{id}/rotate", "/keys", "Rotate Nightly job")
        .says("lbk_")
        .logged(&[EventType::KEY_ROTATED])
        .stored_on("/log", &["An API key got another secret"]),
    action("POST /keys/{id}/revoke", "/keys", "Revoke Website form")
        .logged(&[EventType::KEY_REVOKED])
        .stored(&["revoked"]),
    action("POST /settings", "/settings", "Save")
        .given(&[
            ("zone", "Europe/Zurich"),
            ("currency", "CHF"),
            ("country", "Switzerland"),
            ("accent", "#0b6e4f"),
        ])
        .logged(&[EventType::SETTINGS_CHANGED])
        .stored(&["[Europe/Zurich]", "[CHF]", "[#0B6E4F]"]),
    action("POST /settings/completeness", "/settings/completeness", "Save")
        .given(&[("email", "70"), ("city", "30")])
        .logged(&[EventType::SETTINGS_CHANGED])
        .stored(&["[70]", "[30]"]),
    action("POST /settings/industries", "/settings/industries", "Add name")
        .given(&[("name", "PropTech"), ("industry", "Real estate")])
        .logged(&[EventType::SETTINGS_CHANGED])
        .stored(&["PropTech"]),
    action("POST /settings/industries/remove", "/settings/industries", "Remove PropTech")
        .logged(&[EventType::SETTINGS_CHANGED])
        .stored(&["No names of your own yet"]),
    action("POST /settings/fields", "/settings/fields", "Add field")
        .given(&[
            ("key", "plan"),
            ("label", "Which plan"),
            ("type", "One of several choices"),
            ("choices", "Free\nPaid"),
        ])
        .logged(&[EventType::FIELD_DEFINED])
        .stored(&["Which plan", "Free, Paid"]),
    action("POST /settings/fields/{key}", "/settings/fields/{choice}", "Save")
        .given(&[("label", "Their size")])
        .logged(&[EventType::FIELD_DEFINED])
        .stored_on("/log", &["The custom field Their size was changed"]),
    action("POST /settings/fields/{key}/archive", "/settings/fields/{choice}", "Archive")
        .logged(&[EventType::FIELD_DEFINED])
        .stored(&["Archived", "Bring it back"]),
    action("POST /settings/fields/{key}/restore", "/settings/fields/{choice}", "Bring it back")
        .logged(&[EventType::FIELD_DEFINED])
        .stored_on("/log", &["The custom field Their size was brought back"]),
    action(
        "POST /settings/fields/{key}/type",
        "/settings/fields/{field}/type?type=number&leftover=keep&keep_in=before&plan=1",
        "Change the type",
    )
    .says("Changing a field's type")
    .logged(&[EventType::FIELD_DEFINED, EventType::FIELD_DEFINED])
    .stored_on("/settings/fields/{field}", &["Number", "The type is being changed"]),
    action("POST /scoring", "/scoring", "Begin rule set")
        .given(&[("key", "homes")])
        .logged(&[EventType::RULES_DRAFTED])
        .stored(&["Not in force", "Drop draft"]),
    action("POST /scoring/{set}/drop", "/scoring/homes", "Drop draft")
        .logged(&[EventType::RULES_DRAFTED])
        .stored_on("/scoring", &["Partners"]),
    action("POST /scoring/{set}", "/scoring/{rules}", "Publish")
        .given(&[
            ("script", "ruleset(\"Good partners\");\napplies_to(|lead| lead.source == \"partner\");\nrule(\"Known\", 9, |lead| true);\n"),
            ("note", "says less"),
        ])
        .logged(&[EventType::RULES_DRAFTED, EventType::RULES_PUBLISHED])
        .stored(&["Good partners", "Version 3 is in force", "says less"]),
    action("POST /scoring/{set}/try", "/scoring/{rules}", "Backtest")
        .given(&[("days", "3")])
        .in_place("#tried-past .strong")
        .says("scored as they were known 3 days after they came in"),
    action("POST /scoring/{set}/enforce", "/scoring/{rules}", "Put into force version 1")
        .logged(&[EventType::RULES_PUBLISHED])
        .stored(&["Version 1 is in force"]),
    action("POST /scoring-pause", "/scoring", "Pause scoring").stored(&["Go on with scoring"]),
    action("POST /scoring-resume", "/scoring", "Go on with scoring").stored(&["Pause scoring"]),
    action("POST /scoring/{set}/withdraw", "/scoring/{rules}", "Take out of force")
        .logged(&[EventType::RULES_PUBLISHED])
        .stored(&["Not in force"]),
    action("POST /profile", "/profile", "Save")
        .given(&[("name", "Ana Nova"), ("zone", "Asia/Tokyo")])
        .logged(&[EventType::USER_CHANGED])
        .stored(&["[Ana Nova]", "[Asia/Tokyo]"]),
    action("POST /profile/password", "/profile", "Change password")
        .given(&[("current", PASSWORD), ("password", NEXT_PASSWORD)])
        .logged(&[EventType::PASSWORD_SET])
        .stored(&["this one"]),
    // It ends the session with which everything before was done.
    action("POST /sign-out", "/menu", "Sign out")
        .says("Sign in")
        .logged(&[EventType::SESSION_ENDED])
        .stored_on("/leads", &["Use the account your administrator made for you"]),
];

/// All that is readable on a page: its text, and in brackets what its controls hold.
const READ: &str = "const held = [...document.querySelectorAll('main input:not([type=password]), main select, main textarea')]
  .filter((one) => !['checkbox', 'radio'].includes(one.type) || one.checked)
  .map((one) => `[${one.selectedOptions ? one.selectedOptions[0]?.textContent : one.value}]`);
return [document.body.innerText, ...held].join('\\n');";

/// Marks the one thing in the page that can be pressed and says so.
const MARK: &str = "const words = (element) => element.textContent.replace(/\\s+/g, ' ').trim();
const button = [...document.querySelectorAll('main button')]
  .find((one) => one.checkVisibility() && words(one) === arguments[0]);
button?.setAttribute('data-pressed', '');
globalThis.before = true;
return Boolean(button);";

async fn press(tab: &Tab, Action { button, in_place, .. }: &Action) {
    let there = tab.run(MARK, vec![json!(button)]).await;
    assert_eq!(there, true, "{button} is not on {}", tab.address().await);
    tab.click("[data-pressed]").await;
    // Where there are scripts, what cannot be undone is asked about.
    if tab.value("Boolean(document.querySelector('dialog[open]'))").await == true {
        tab.click("dialog[open] button[value=yes]").await;
    }
    let in_place = in_place.map_or_else(
        || "false".to_owned(),
        |there| format!("document.querySelector({})", json!(there)),
    );
    let done = format!("document.readyState === 'complete' && (!globalThis.before || {in_place})");
    tab.until(&done).await;
}

/// What was written into the log after a position.
async fn written(house: &House, after: Position) -> Vec<Event> {
    house.office.sandbox.leadbox.log().after(after, 100_000).await.unwrap()
}

/// Whether an address belongs to a route.
fn is_of(route: &str, path: &str) -> bool {
    let parts = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (route, path) = (parts(route), parts(path));
    route.len() == path.len()
        && route.iter().zip(&path).all(|(one, other)| one == other || one.starts_with('{'))
}

async fn perform(tab: &Tab, house: &House, action: &Action) {
    house.admit(tab, action.reader).await;
    tab.open(&house.address(action.page)).await;
    for (name, value) in action.given {
        tab.give(name, &house.filled(value)).await;
    }
    let before =
        written(house, Position(0)).await.last().map_or(Position(0), |event| event.position);
    tab.noted().await;
    press(tab, action).await;

    let (method, route) = action.request.split_once(' ').unwrap();
    let (base, asked) = (house.address(""), tab.noted().await.asked);
    let asked_for = |url: &str| {
        let path = url.strip_prefix(&base).unwrap_or_default();
        is_of(route, path.split('?').next().unwrap_or_default())
    };
    let went = asked.iter().any(|one| one.method == method && asked_for(&one.url));
    assert!(went, "{action:?} sent {asked:?}");

    let came = read(tab).await;
    assert!(came.contains(action.says), "{action:?} said {came}");
    match action.stored_on {
        Some(page) => tab.open(&house.address(page)).await,
        None if action.stored.is_empty() => {}
        None => tab.reload().await,
    }
    let shown = read(tab).await;
    for part in action.stored {
        assert!(shown.contains(part), "{action:?}: {part} is not among {shown}");
    }

    let written = written(house, before).await;
    // Another priority follows from whatever counts, and is nobody's to press.
    let scored = EventType::LEAD_SCORED;
    let told = written.iter().filter(|event| event.kind != scored);
    let mut kinds: Vec<_> = told.map(|event| event.kind.as_str()).collect();
    let mut expected: Vec<_> = action.logged.iter().map(EventType::as_str).collect();
    kinds.sort_unstable();
    expected.sort_unstable();
    assert_eq!(kinds, expected, "{action:?}");
    if action.reader == Reader::Ana {
        let ana = house.user(ANA).await.id;
        assert!(
            written.iter().all(|event| event.actor.person() == Some(ana)),
            "{action:?}: {written:?}"
        );
    }
}

async fn read(tab: &Tab) -> String {
    match tab.run(READ, Vec::new()).await {
        Value::String(text) => text,
        other => panic!("a page without text: {other}"),
    }
}

async fn perform_all(tab: &Tab) {
    tab.resize(1440, 900).await;
    let houses = Houses::new().await;
    for action in ACTIONS {
        perform(tab, houses.populated(action.page), action).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_can_be_done_is_done_by_hand() {
    browse(perform_all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_can_be_done_is_done_without_scripts() {
    browse(async |tab| {
        tab.without_scripts().await;
        perform_all(tab).await;
    })
    .await;
}
