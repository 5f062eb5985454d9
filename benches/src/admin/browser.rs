//! A browser as far as the network sees it: one that asks for packed answers over a connection that stays open. Owns how
//! long an answer took and what came over; knows nothing of pages.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::Read;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, SET_COOKIE,
};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use flate2::read::GzDecoder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A browser at one host.
#[derive(Debug)]
pub struct Browser {
    client: Client<HttpConnector, Body>,
    host: String,
    cookie: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// From the request until the last byte.
    pub took: Duration,
    body: Bytes,
}

impl Answer {
    /// What came over the network: the body as it was packed, and about what stands in front of it.
    pub fn bytes(&self) -> usize {
        let head = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
        head.sum::<usize>() + self.body.len()
    }

    /// What it says, unpacked.
    pub fn text(&self) -> Result<String> {
        let mut text = Vec::new();
        if self.headers.get(CONTENT_ENCODING).is_some_and(|packed| packed == "gzip") {
            GzDecoder::new(&self.body[..]).read_to_end(&mut text)?;
        } else {
            text.extend(&self.body);
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

impl Browser {
    pub fn new(host: &str) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, host: host.to_owned(), cookie: String::new() }
    }

    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, None, "").await
    }

    /// Sends a form, and keeps the cookie that comes back.
    pub async fn post(&mut self, path: &str, form: &str) -> Result<Answer> {
        let kind = "application/x-www-form-urlencoded";
        let answer = self.send(Method::POST, path, Some(kind), form).await?;
        self.keep(&answer)?;
        Ok(answer)
    }

    /// Sends a file as the form with one input `file` does.
    pub async fn upload(&self, path: &str, file: &str) -> Result<Answer> {
        let body = format!(
            "--lb\r\ncontent-disposition: form-data; name=\"file\"; filename=\"leads.csv\"\r\n\r\n{file}\r\n--lb--\r\n"
        );
        self.send(Method::POST, path, Some("multipart/form-data; boundary=lb"), &body).await
    }

    fn keep(&mut self, answer: &Answer) -> Result<()> {
        if let Some(cookie) = answer.headers.get(SET_COOKIE) {
            cookie.to_str()?.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
        }
        Ok(())
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        kind: Option<&str>,
        body: &str,
    ) -> Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.host))
            .header(ACCEPT, "text/html,*/*;q=0.8")
            .header(ACCEPT_ENCODING, "gzip, deflate, br, zstd")
            .header("sec-fetch-site", "same-origin");
        if !self.cookie.is_empty() {
            request = request.header(COOKIE, &self.cookie);
        }
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        let request = request.body(Body::from(body.to_owned()))?;
        let began = Instant::now();
        let (parts, body) = self.client.request(request).await?.into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await?;
        let took = began.elapsed();
        Ok(Answer { status: parts.status, headers: parts.headers, took, body })
    }

    /// Opens a page for the first time: how many bytes come over for it and all that it needs, and how many answers.
    pub async fn cold(&self, path: &str) -> Result<(usize, usize)> {
        let page = self.get(path).await?;
        let mut bytes = page.bytes();
        let mut open: Vec<String> = assets(&page.text()?, "").into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(address) = open.pop() {
            if !seen.insert(address.clone()) {
                continue;
            }
            let answer = self.get(&address).await?;
            if answer.status != StatusCode::OK {
                return Err(format!("{address} answers {}", answer.status).into());
            }
            bytes += answer.bytes();
            let folder = address.rsplit_once('/').map_or("", |(folder, _)| folder);
            if address.ends_with(".js") || address.ends_with(".css") {
                open.extend(assets(&answer.text()?, folder));
            }
        }
        Ok((bytes, seen.len() + 1))
    }
}

/// What a page, a style or a script needs: addresses of the dashboard's files, and what lies in the same folder.
fn assets(text: &str, folder: &str) -> BTreeSet<String> {
    let quoted = text.split(['"', '\'', '(', ')']);
    let address = quoted.filter_map(|part| {
        let part = part.split('#').next().unwrap_or_default();
        let is_file = [".js", ".css", ".woff2", ".svg"].iter().any(|end| part.ends_with(end));
        match part.strip_prefix("./") {
            Some(name) if is_file && !folder.is_empty() => Some(format!("{folder}/{name}")),
            _ if is_file && part.contains("/assets/") => Some(part.to_owned()),
            _ => None,
        }
    });
    address.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_needs_is_found() {
        let page = "<link href=\"/p/assets/1/app.css\"><use href=\"/p/assets/1/icons.svg#x\"/>";
        let found: Vec<_> = assets(page, "").into_iter().collect();
        assert_eq!(found, ["/p/assets/1/app.css", "/p/assets/1/icons.svg"]);
        let script = "import { x } from './dom.js';";
        assert_eq!(
            assets(script, "/p/assets/1").into_iter().collect::<Vec<_>>(),
            ["/p/assets/1/dom.js"]
        );
    }
}
