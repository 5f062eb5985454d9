//! One tab of the browser, in the words of a test: open, look, point, press. Owns the commands to the driver and what it
//! logs; knows nothing of the dashboard but that it is told where it is.

use std::time::Duration;

use axum::http::Method;
use fantoccini::actions::{InputSource, KeyAction, KeyActions, MouseActions, PointerAction};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use tokio::time::sleep;
use url::{ParseError, Url};

/// How long a test waits for a fact.
const PATIENCE: Duration = Duration::from_secs(20);

/// Notes what a page was refused, before anything of the page runs.
const WATCH: &str = "globalThis.refusedByPolicy = [];
document.addEventListener('securitypolicyviolation', (event) => refusedByPolicy.push(
  `${event.effectiveDirective} refused ${event.blockedURI || event.sample} at ${event.sourceFile}:${event.lineNumber}`));";

/// Keys by the code points that `WebDriver` gives them.
pub mod key {
    pub const TAB: &str = "\u{E004}";
    pub const ENTER: &str = "\u{E007}";
    pub const SHIFT: char = '\u{E008}';
    pub const ESCAPE: &str = "\u{E00C}";
    pub const SPACE: &str = " ";
    pub const ALT: char = '\u{E00A}';
    pub const LEFT: &str = "\u{E012}";
    pub const DOWN: &str = "\u{E015}";
}

/// A tab.
#[derive(Debug)]
pub struct Tab {
    client: Client,
}

/// A request that the browser made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    pub method: String,
    pub url: String,
}

/// What the driver wrote down since it was asked last.
#[derive(Debug, Default)]
pub struct Noted {
    pub asked: Vec<Asked>,
    /// Addresses with the status that came back.
    pub answered: Vec<(String, u64)>,
}

/// A command of Chromium's own.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

impl Tab {
    pub async fn new(client: Client) -> Self {
        let tab = Self { client };
        tab.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await;
        tab
    }

    async fn extension(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Extension { path, body }).await.unwrap()
    }

    /// A command of the `DevTools` protocol.
    pub async fn cdp(&self, command: &str, params: Value) -> Value {
        self.extension("goog/cdp/execute", json!({ "cmd": command, "params": params })).await
    }

    /// Opens an address and waits until it is there.
    pub async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    pub async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    pub async fn address(&self) -> String {
        self.client.current_url().await.unwrap().to_string()
    }

    /// What the body of a function returns; `arguments` are its arguments.
    pub async fn run(&self, body: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(body, arguments).await.unwrap()
    }

    /// What an asynchronous function hands to its last argument.
    pub async fn run_async(&self, body: &str, arguments: Vec<Value>) -> Value {
        self.client.execute_async(body, arguments).await.unwrap()
    }

    /// The value of an expression.
    pub async fn value(&self, expression: &str) -> Value {
        self.run(&format!("return ({expression})"), Vec::new()).await
    }

    pub async fn text(&self, expression: &str) -> String {
        let value = self.value(expression).await;
        value.as_str().unwrap_or_else(|| panic!("{expression} is {value}")).to_owned()
    }

    /// Waits until an expression is true. While a page goes and another comes, it is not.
    pub async fn until(&self, expression: &str) {
        let body = format!("return Boolean({expression})");
        let mut waited = Duration::ZERO;
        while waited < PATIENCE {
            if matches!(self.client.execute(&body, Vec::new()).await, Ok(Value::Bool(true))) {
                return;
            }
            let pause = Duration::from_millis(20);
            sleep(pause).await;
            waited += pause;
        }
        panic!("it never became true on {}: {expression}", self.address().await);
    }

    /// Presses the keys one after another, wherever the focus is.
    pub async fn press(&self, keys: &str) {
        let mut actions = KeyActions::new("keys".to_owned());
        for value in keys.chars() {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Presses the keys where a selector finds something, which gets the focus.
    pub async fn press_on(&self, selector: &str, keys: &str) {
        self.run("document.querySelector(arguments[0]).focus()", vec![json!(selector)]).await;
        self.press(keys).await;
    }

    /// Presses a key while another is held.
    pub async fn press_with(&self, held: char, key: &str) {
        let mut actions = KeyActions::new("keys".to_owned()).then(KeyAction::Down { value: held });
        for value in key.chars() {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        let actions = actions.then(KeyAction::Up { value: held });
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Clicks what a selector finds, with the pointer.
    pub async fn click(&self, selector: &str) {
        let found = self.client.find(Locator::Css(selector)).await;
        let element = found.unwrap_or_else(|error| panic!("{selector}: {error}"));
        element.click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Types into the control of that name, ticks it if its value is that, or chooses what reads so.
    pub async fn give(&self, name: &str, value: &str) {
        let boxes = format!("main input[type=checkbox][name=\"{name}\"]");
        for tick in self.client.find_all(Locator::Css(&boxes)).await.unwrap() {
            if tick.attr("value").await.unwrap().as_deref() == Some(value) {
                return tick.click().await.unwrap();
            }
        }
        // What is folded away is opened first.
        let fold = format!("main details:not([open]):has([name=\"{name}\"]) > summary");
        for summary in self.client.find_all(Locator::Css(&fold)).await.unwrap() {
            summary.click().await.unwrap();
        }
        let selector = format!("main [name=\"{name}\"]");
        let found = self.client.find(Locator::Css(&selector)).await;
        let control = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        if control.tag_name().await.unwrap() == "select" {
            let option = format!(".//option[normalize-space() = \"{value}\"]");
            let found = control.find(Locator::XPath(&option)).await;
            let option = found.unwrap_or_else(|error| panic!("{name} {value}: {error}"));
            return option.click().await.unwrap();
        }
        control.clear().await.unwrap();
        control.send_keys(value).await.unwrap();
    }

    /// From now on nothing of a page runs.
    pub async fn without_scripts(&self) {
        self.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// From now on it does again.
    pub async fn with_scripts(&self) {
        self.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await;
    }

    /// Moves the pointer from place to place; places are in pixels of the window.
    pub async fn hover(&self, places: &[(i64, i64)]) {
        self.client.perform_actions(path(places)).await.unwrap();
    }

    /// Presses the pointer's button at the first place and lets go at the last.
    pub async fn drag(&self, places: &[(i64, i64)]) {
        let Some((first, rest)) = places.split_first() else { return };
        let mut actions = path(&[*first]).then(PointerAction::Down { button: 0 });
        for place in rest {
            actions = actions.then(to(*place));
        }
        self.client.perform_actions(actions.then(PointerAction::Up { button: 0 })).await.unwrap();
    }

    /// Waits for a moment of the page's own: two frames.
    pub async fn settle(&self) {
        let body = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));";
        self.run_async(body, Vec::new()).await;
    }

    /// Makes the window so large, in pixels of the page.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// What the window shows, as a PNG file.
    pub async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    /// What the console shows since it was asked last.
    pub async fn console(&self) -> Vec<String> {
        let entries = self.extension("se/log", json!({ "type": "browser" })).await;
        let entries = entries.as_array().unwrap().iter();
        entries.map(|entry| format!("{}: {}", entry["source"], entry["message"])).collect()
    }

    /// What was asked of whom since the last time.
    pub async fn noted(&self) -> Noted {
        let entries = self.extension("se/log", json!({ "type": "performance" })).await;
        let mut noted = Noted::default();
        for entry in entries.as_array().unwrap() {
            let message: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            let (method, params) = (&message["message"]["method"], &message["message"]["params"]);
            match method.as_str() {
                Some("Network.requestWillBeSent") => noted.asked.push(Asked {
                    method: params["request"]["method"].as_str().unwrap().to_owned(),
                    url: params["request"]["url"].as_str().unwrap().to_owned(),
                }),
                Some("Network.responseReceived") => {
                    let url = params["response"]["url"].as_str().unwrap().to_owned();
                    noted.answered.push((url, params["response"]["status"].as_u64().unwrap()));
                }
                _ => {}
            }
        }
        noted
    }

    /// What the page's policy refused.
    pub async fn refused_by_policy(&self) -> Value {
        self.value("globalThis.refusedByPolicy ?? []").await
    }
}

fn to((x, y): (i64, i64)) -> PointerAction {
    PointerAction::MoveTo { duration: Some(Duration::ZERO), x: x as f64, y: y as f64 }
}

fn path(places: &[(i64, i64)]) -> MouseActions {
    let pointer = MouseActions::new("pointer".to_owned());
    places.iter().fold(pointer, |actions, place| actions.then(to(*place)))
}
