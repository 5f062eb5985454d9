//! Files as forms send them.

use axum::http::Method;

use crate::support::{Answer, Browser};

/// Sends a file, as the form with one input `file` does.
pub async fn upload(browser: &mut Browser, path: &str, name: &str, text: &str) -> Answer {
    let body = format!(
        "--lb\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--lb--\r\n"
    );
    let sends = browser.clone().with("content-type", "multipart/form-data; boundary=lb");
    let before = std::mem::replace(browser, sends).headers;
    let answer = browser.send(Method::POST, path, Some(body)).await;
    browser.headers = before;
    answer
}
