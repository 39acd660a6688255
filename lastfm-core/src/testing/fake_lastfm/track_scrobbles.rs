//! `user.getTrackScrobbles`: every play of one track.

use super::FakeLastfm;
use super::answers::{Answer, Outcome};
use super::calls::Call;
use super::charts::user;
use super::names::key;
use super::paging::{Paging, list};

impl FakeLastfm {
    /// `user.getTrackScrobbles`, newest first. It tells what was heard when, so it is hidden with
    /// the recent tracks.
    pub(super) fn track_scrobbles(&self, call: &Call<'_>) -> Outcome {
        let account = self.account(call.account);
        if account.hidden && !call.is_own {
            return Err(Answer::refused(17));
        }
        let asked = (key(call.required("artist")?), key(call.required("track")?));
        let paging = Paging::read(call.sent, 50, 1_000)?;
        let history = &account.history;
        let meant: Vec<bool> = history.tunes.iter().map(|tune| tune.track_key() == asked).collect();
        let told = history.told(account.now_ms);
        let newest_first = told.iter().rev();
        let plays: Vec<_> =
            newest_first.filter(|entry| meant[history.tune_number(entry) as usize]).collect();
        let items = plays[paging.places(plays.len())].iter().map(|entry| {
            let mut item = String::new();
            history.tune(entry).write_play(entry.at, &mut item);
            item
        });
        let items: Vec<String> = items.collect();
        let shown = items.len();
        let items = list(&items, self.service.single_as_object);
        let attributes = paging.attributes(&user(account), plays.len());
        let body = format!(r#"{{"trackscrobbles":{{"track":{items},{attributes}}}}}"#);
        Ok(Answer { plays: shown, ..Answer::json(body) })
    }
}
