//! A browser: keeps cookies, says where it comes from, and logs in.

use std::collections::BTreeMap;

use crate::scene::{Answer, CANARY, Scene};

pub(crate) struct Browser<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(scene: &'a Scene) -> Self {
        Self { scene, cookies: BTreeMap::new() }
    }

    /// One that somebody has logged in with.
    pub(crate) async fn of(scene: &'a Scene, user: &str) -> Self {
        let mut browser = Self::new(scene);
        let answer = browser.log_in(user).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account"), "{answer:?}");
        browser
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies: Vec<String> = cookies.collect();
        let request = self.scene.request(method, path).header("sec-fetch-site", "same-origin");
        if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) }
    }

    /// Sends it, and keeps the cookies that come back.
    pub(crate) async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let answer = Answer::of(request).await;
        for set in answer.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (name, rest) = set.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    /// A form as a page sends it.
    pub(crate) fn form(&self, path: &str, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let kind = "application/x-www-form-urlencoded";
        self.request("POST", path).header("content-type", kind).body(body)
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.form(path, form)).await
    }

    /// Presses the button, and returns the path to come back to.
    pub(crate) async fn begin(&mut self) -> String {
        let answer = self.post("/api/auth/login", &[]).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        let there: url::Url = answer.header("location").parse().unwrap();
        let (_, back) = there.query_pairs().find(|(name, _)| name == "cb").unwrap();
        let back = back.strip_prefix("https://app.example").unwrap();
        assert!(back.starts_with("/api/auth/callback/"), "{back}");
        back.to_owned()
    }

    /// What Last.fm adds to the address once somebody has agreed.
    pub(crate) fn token(&self, user: &str) -> String {
        self.scene.fake.lastfm().approved_token(CANARY, user).unwrap()
    }

    pub(crate) async fn log_in(&mut self, user: &str) -> Answer {
        let back = self.begin().await;
        let token = self.token(user);
        self.get(&format!("{back}?token={token}")).await
    }

    /// Who it is logged in as.
    pub(crate) async fn user(&mut self) -> Option<String> {
        let status = self.get("/api/auth/status").await.json();
        let user = status["user"].as_str().map(str::to_owned);
        assert_eq!(status["logged_in"], user.is_some());
        user
    }
}
