//! Teams on their pages: what is done there is stored and logged, and is refused to others.

use axum::http::StatusCode;
use leadbox_core::service::NewTeam;
use leadbox_core::{EventType, Team, User};

use crate::support::Office;

async fn stored(office: &Office, name: &str) -> Option<Team> {
    let teams = office.sandbox.leadbox.directory().teams().await.unwrap();
    teams.into_iter().find(|team| team.name == name)
}

#[tokio::test]
async fn a_team_is_added_renamed_and_moved() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    let ann = office.hire("ann", "agent").await;
    let mut admin = office.signed_in("adi").await;
    assert!(admin.get("/ops/teams").await.body.contains("No teams yet"));
    let added = admin.post("/ops/teams", &[("name", " Sales "), ("parent", "")]).await;
    assert_eq!(added.location(), "/ops/teams", "{}", added.body);
    assert_eq!(office.last_event().await, (EventType::TEAM_CHANGED, Some(adi.uuid())));
    let sales = stored(&office, "Sales").await.unwrap();
    let parent = sales.id.to_string();
    admin.post("/ops/teams", &[("name", "East"), ("parent", &parent)]).await;
    let east = stored(&office, "East").await.unwrap();
    assert_eq!(east.parent, Some(sales.id));

    let leadbox = &office.sandbox.leadbox;
    let user = leadbox.directory().user(ann).await.unwrap().unwrap();
    leadbox.directory().change_user(&User { team: Some(east.id), ..user }).await.unwrap();
    let page = admin.get("/ops/teams").await.body;
    let (_, row) =
        page.split_once(&format!("class=\"lead in-1\" href=\"/ops/teams/{}\"", east.id)).unwrap();
    let row = row.split_once("</tr>").unwrap().0;
    assert!(row.contains(&format!("/ops/users/{ann}\">ann<")), "{row}");
    let user = admin.get(&format!("/ops/users/{ann}")).await.body;
    assert!(user.contains(&format!("href=\"/ops/teams/{}\"", east.id)), "{user}");

    let path = format!("/ops/teams/{}", east.id);
    let page = admin.get(&path).await.body;
    assert!(page.contains(&format!("<option value=\"{parent}\" selected>Sales")), "{page}");
    let change = [("revision", "1"), ("name", "Far East"), ("parent", "")];
    assert_eq!(admin.post(&path, &change).await.location(), path);
    let moved = stored(&office, "Far East").await.unwrap();
    assert_eq!((moved.id, moved.parent, moved.revision.0), (east.id, None, 2));
    assert_eq!(office.last_event().await, (EventType::TEAM_CHANGED, Some(adi.uuid())));
    let stale = admin.post(&path, &change).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_input_and_what_was_typed_stays() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    let directory = office.sandbox.leadbox.directory();
    let top = directory.add_team(&NewTeam { name: "Top".to_owned(), parent: None }).await.unwrap();
    let low = NewTeam { name: "Low".to_owned(), parent: Some(top.id) };
    let low = directory.add_team(&low).await.unwrap();
    let mut admin = office.signed_in("adi").await;
    let top_id = top.id.to_string();
    let page = admin.post("/ops/teams", &[("name", ""), ("parent", &top_id)]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.body.contains("id=\"name-error\"")
            && page.body.contains(&format!("\"{top_id}\" selected"))
    );
    for parent in ["rubbish", "00000000-0000-7000-8000-000000000000"] {
        let page = admin.post("/ops/teams", &[("name", "New"), ("parent", parent)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{parent}");
        assert!(page.body.contains("id=\"parent-error\"") && page.body.contains("value=\"New\""));
    }
    let path = format!("/ops/teams/{top_id}");
    let low_id = low.id.to_string();
    assert!(!admin.get(&path).await.body.contains(&format!("<option value=\"{low_id}\"")));
    let circle = [("revision", "1"), ("name", "Summit"), ("parent", low_id.as_str())];
    let page = admin.post(&path, &circle).await;
    assert!(page.body.contains("is this team or one below it"), "{}", page.body);
    assert!(page.body.contains("value=\"Summit\"") && page.body.contains("<h1>Top</h1>"));
    let page = admin.post(&path, &[("name", "Summit"), ("parent", "")]).await;
    assert!(page.body.contains("<li>Revision: is missing"), "{}", page.body);
    assert_eq!(stored(&office, "Top").await, Some(top));
    assert_eq!(stored(&office, "New").await, None);
    for path in ["/ops/teams/rubbish", "/ops/teams/00000000-0000-7000-8000-000000000000"] {
        assert_eq!(admin.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn others_see_no_teams_and_are_refused() {
    let office = Office::new("/ops");
    let new = NewTeam { name: "Sales".to_owned(), parent: None };
    let sales = office.sandbox.leadbox.directory().add_team(&new).await.unwrap();
    for role in ["manager", "agent", "analyst", "read_only"] {
        office.hire(role, role).await;
        let mut browser = office.signed_in(role).await;
        assert!(!browser.get("/ops").await.body.contains("/ops/teams"), "{role}");
        for path in ["/ops/teams".to_owned(), format!("/ops/teams/{}", sales.id)] {
            assert_eq!(browser.get(&path).await.status, StatusCode::FORBIDDEN, "{role} {path}");
            for form in [[("revision", "1"), ("name", "X")], [("revision", "1"), ("name", "")]] {
                let answer = browser.post(&path, &form).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {path}");
            }
        }
    }
    assert_eq!(stored(&office, "Sales").await, Some(sales));
    assert_eq!(stored(&office, "X").await, None);
}
