//! A browser of its own, with a screen, that looks at pages and has axe look at them.

use std::path::PathBuf;
use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams,
    SetScriptExecutionDisabledParams,
};
use chromiumoxide::page::ScreenshotParams;
use chromiumoxide::{Browser, BrowserConfig, Page};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tokio::task::JoinHandle;

const AXE: &str = include_str!("axe.min.js");

/// What is looked at pages with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    Wide,
    NarrowAndDark,
    WithoutScripts,
}

impl Screen {
    fn width(self) -> i64 {
        if self == Self::NarrowAndDark { 320 } else { 1100 }
    }

    fn size(self) -> SetDeviceMetricsOverrideParams {
        SetDeviceMetricsOverrideParams::new(self.width(), 800, 1.0, false)
    }
}

pub(crate) struct Eyes {
    browser: Browser,
    page: Page,
    screen: Screen,
    talking: JoinHandle<()>,
    _profile: TempDir,
}

impl Eyes {
    pub(crate) async fn open(screen: Screen) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let config = BrowserConfig::builder()
            .no_sandbox()
            // The screen is set below.
            .viewport(None)
            .user_data_dir(profile.path())
            .launch_timeout(Duration::from_mins(1))
            .args([
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
            ])
            .build()
            .expect("Chromium is installed: apt-get install chromium");
        let (browser, mut talk) = Browser::launch(config).await.expect("Chromium starts");
        let talking = tokio::spawn(async move { while talk.next().await.is_some() {} });
        let page = browser.new_page("about:blank").await.unwrap();
        page.execute(screen.size()).await.unwrap();
        if screen == Screen::NarrowAndDark {
            let dark = MediaFeature::new("prefers-color-scheme", "dark");
            let media = SetEmulatedMediaParams::builder().feature(dark).build();
            page.execute(media).await.unwrap();
        }
        if screen == Screen::WithoutScripts {
            page.execute(SetScriptExecutionDisabledParams::new(true)).await.unwrap();
        }
        Self { browser, page, screen, talking, _profile: profile }
    }

    pub(crate) async fn go(&self, url: &str) {
        self.page.goto(url).await.unwrap();
        self.page.wait_for_navigation().await.unwrap();
    }

    /// What a script says.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, script: &str) -> T {
        let said = self.page.evaluate(script).await;
        said.and_then(|said| Ok(said.into_value()?))
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    pub(crate) async fn tell(&self, script: &str) {
        let _: bool = self.ask(&format!("{script}; true")).await;
    }

    pub(crate) async fn wait_for(&self, script: &str) {
        for _ in 0..600 {
            let said = self.page.evaluate(script).await;
            if said.is_ok_and(|said| said.into_value::<bool>().unwrap_or(false)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never: {script}\n{}", self.text().await);
    }

    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        let element = self.page.find_element(selector).await.unwrap();
        element.click().await.unwrap().type_str(text).await.unwrap();
    }

    pub(crate) async fn click(&self, selector: &str) {
        self.page.find_element(selector).await.unwrap().click().await.unwrap();
    }

    pub(crate) async fn press(&self, selector: &str, key: &str) {
        let element = self.page.find_element(selector).await.unwrap();
        element.focus().await.unwrap().press_key(key).await.unwrap();
    }

    pub(crate) async fn text(&self) -> String {
        self.page.content().await.unwrap_or_default()
    }

    /// Keeps a picture, and lets axe look: nothing serious may be wrong, and nothing be cut off.
    pub(crate) async fn look(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}-{:?}.png", self.screen));
        let whole = ScreenshotParams::builder().full_page(true).build();
        self.page.save_screenshot(whole, path).await.unwrap();
        // A picture of the whole page forgets the screen.
        self.page.execute(self.screen.size()).await.unwrap();
        let (seen, room): (i64, i64) =
            self.ask("[document.documentElement.scrollWidth, innerWidth]").await;
        assert_eq!(room, self.screen.width());
        assert!(seen <= room, "{name} is {seen} wide where there is room for {room}");
        self.page.evaluate(AXE).await.unwrap();
        let found: Vec<String> = self.ask(
            "axe.run().then(({violations}) => violations\
             .filter(({impact}) => impact === 'serious' || impact === 'critical')\
             .map(({id, help, nodes}) => `${id}: ${help}: ${nodes.map(({html}) => html).join(' ')}`))",
        ).await;
        assert!(found.is_empty(), "{name} ({:?}): {found:#?}", self.screen);
    }

    pub(crate) async fn close(mut self) {
        self.browser.close().await.unwrap();
        self.browser.wait().await.unwrap();
        self.talking.abort();
    }
}
