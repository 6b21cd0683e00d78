//! Chromium without a window, spoken to over a pair of pipes (its DevTools protocol).

use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// For a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(180);

/// The browser of this machine, if it has one; else what to do.
pub fn find() -> Result<&'static str, String> {
    let there =
        |program: &&str| Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success());
    PROGRAMS.into_iter().find(there).ok_or_else(|| "chromium: not found; install: make tools".into())
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    pub name: &'static str,
    pub width: u32,
    pub dark: bool,
}

/// What was seen of a page.
pub struct Seen {
    /// What is wrong with it.
    pub wrong: Vec<String>,
    /// Pieces of text that were looked at.
    pub texts: u64,
    /// Of the whole page, in pixels.
    pub height: u64,
    pub dark: bool,
    pub width: u64,
}

/// A browser with one page.
pub struct Browser {
    program: Child,
    send: File,
    messages: Receiver<Value>,
    session: String,
    count: u64,
    /// Events that came while something else was waited for.
    events: Vec<Value>,
}

impl Browser {
    pub fn start(program: &str, folder: &Path) -> Browser {
        let (to, from) = (folder.join("to"), folder.join("from"));
        assert!(Command::new("mkfifo").args([&to, &from]).status().unwrap().success());
        let profile = folder.join("profile");
        fs::create_dir(&profile).unwrap();
        let child = Command::new("sh")
            .args(["-c", r#"to=$1; from=$2; shift 2; exec "$@" 3<"$to" 4>"$from""#, "sh"])
            .args([&to, &from])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--hide-scrollbars", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let send = File::options().write(true).open(&to).unwrap();
        let mut receive = BufReader::new(File::open(&from).unwrap());
        let (told, messages) = channel();
        std::thread::spawn(move || {
            let mut text = Vec::new();
            while receive.read_until(0, &mut text).is_ok_and(|n| n > 0) {
                text.pop();
                let Ok(message) = serde_json::from_slice(&text) else { break };
                if told.send(message).is_err() {
                    break;
                }
                text.clear();
            }
        });
        let session = String::new();
        let mut browser = Browser { program: child, send, messages, session, count: 0, events: Vec::new() };
        let target = browser.ask("Target.createTarget", json!({"url": "about:blank"}));
        let target = target["targetId"].clone();
        let attached = browser.ask("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        browser.session = attached["sessionId"].as_str().unwrap().into();
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.ask(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    fn next(&mut self, waits_for: &str) -> Value {
        let message = self.messages.recv_timeout(PATIENCE);
        message.unwrap_or_else(|e| panic!("the browser has not answered {waits_for}: {e}"))
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.count += 1;
        let mut message = json!({"id": self.count, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        self.send.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.next(method);
            if answer["id"] == self.count {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    fn event(&mut self, method: &str) {
        if self.events.iter().any(|e| e["method"] == method) {
            return;
        }
        loop {
            let event = self.next(method);
            let found = event["method"] == method;
            self.events.push(event);
            if found {
                return;
            }
        }
    }

    /// Opens a file on a screen, and looks at it.
    pub fn open(&mut self, page: &Path, screen: Screen) -> Seen {
        self.events.clear();
        let scheme = if screen.dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.ask("Emulation.setEmulatedMedia", json!({"features": features}));
        let phone = screen.width < 500;
        let metrics = json!({"width": screen.width, "height": 900, "deviceScaleFactor": 1, "mobile": phone});
        self.ask("Emulation.setDeviceMetricsOverride", metrics);
        let address = format!("file://{}", page.display());
        self.ask("Page.navigate", json!({"url": address}));
        self.event("Page.loadEventFired");
        let opened = "document.querySelectorAll('details').forEach(d => d.open = true)";
        self.ask("Runtime.evaluate", json!({"expression": opened}));
        let probe = json!({"expression": include_str!("probe.js"), "returnByValue": true});
        let found = self.ask("Runtime.evaluate", probe);
        let found = &found["result"]["value"];
        let texts = |value: &Value| -> Vec<String> {
            value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_string()).collect()
        };
        let mut wrong = texts(&found["wrong"]);
        wrong.extend(self.events.iter().filter_map(|event| said(event, &address)));
        Seen {
            wrong,
            texts: found["texts"].as_u64().unwrap(),
            height: found["height"].as_u64().unwrap(),
            dark: found["dark"].as_bool().unwrap(),
            width: found["width"].as_u64().unwrap(),
        }
    }

    /// The page that is open, as a PNG of its first `height` pixels; its tables are folded again.
    pub fn photograph(&mut self, screen: Screen, height: u64, scale: f64) -> Vec<u8> {
        let folded = "document.querySelectorAll('details').forEach(d => d.open = false)";
        self.ask("Runtime.evaluate", json!({"expression": folded}));
        let clip = json!({"x": 0, "y": 0, "width": screen.width, "height": height, "scale": scale});
        let params = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let taken = self.ask("Page.captureScreenshot", params);
        unpacked(taken["data"].as_str().unwrap())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// What an event says against a page, if it does.
fn said(event: &Value, page: &str) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Runtime.consoleAPICalled" => Some(format!("console: {}", params["args"])),
        "Runtime.exceptionThrown" => Some(format!("console: {}", params["exceptionDetails"]["text"])),
        "Log.entryAdded" => Some(format!("console: {}", params["entry"]["text"])),
        "Network.requestWillBeSent" => {
            let url = params["request"]["url"].as_str().unwrap_or_default();
            (url != page && !url.starts_with("data:")).then(|| format!("request: {url}"))
        }
        _ => None,
    }
}

/// Base64.
fn unpacked(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|&c| c != b'=').map(digit).collect();
    let group = |four: &[u8]| -> Vec<u8> {
        let word = four.iter().fold(0u32, |word, &d| word << 6 | u32::from(d)) << (6 * (4 - four.len()));
        word.to_be_bytes()[1..four.len()].to_vec()
    };
    digits.chunks(4).flat_map(group).collect()
}
