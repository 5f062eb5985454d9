//! Pictures of every page, for people to look at: `scripts/screenshots DIR`; `LEADBOX_GRID=leads` takes the page of that name
//! alone.

use std::env;
use std::fs;
use std::path::PathBuf;

use crate::chrome::browse;
use crate::shapes::{Cell, Houses, State, everything};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it writes files: scripts/screenshots"]
async fn every_page_has_its_picture() {
    let folder = PathBuf::from(env::var("LEADBOX_SCREENSHOTS").unwrap());
    browse(async |tab| {
        let houses = Houses::new().await;
        let named = env::var("LEADBOX_GRID").ok();
        let is_meant = |cell: &Cell| {
            cell.window.0 != 320 && named.as_deref().is_none_or(|name| cell.page.name == name)
        };
        for cell in everything().into_iter().filter(is_meant) {
            houses.show(tab, &cell).await;
            let height = tab.value("document.documentElement.scrollHeight").await.as_u64().unwrap();
            let (width, least) = cell.window;
            tab.resize(width, least.max(u32::try_from(height).unwrap())).await;
            tab.settle().await;
            let folder = match cell.state {
                State::Populated => folder.clone(),
                State::Empty => folder.join("empty"),
                State::Wrong => folder.join("wrong"),
            };
            fs::create_dir_all(&folder).unwrap();
            let name = format!("{}-{}-{}.png", cell.page.name, cell.scheme, cell.window.0);
            fs::write(folder.join(name), tab.picture().await).unwrap();
        }
    })
    .await;
}
