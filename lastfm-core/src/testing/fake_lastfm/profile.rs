//! `user.getInfo` and `user.getWeeklyChartList`.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::FakeLastfm;
use super::answers::Answer;
use super::calls::Call;
use super::names::Name;

/// When the first weekly chart begins.
pub(super) const FIRST_WEEK: i64 = 1_108_296_000;
pub(super) const WEEK: i64 = 7 * 86_400;

impl FakeLastfm {
    /// `user.getInfo`.
    pub(super) fn profile(&self, call: &Call<'_>) -> Answer {
        let account = self.account(call.account);
        let history = &account.history;
        let (mut artists, mut albums, mut tracks) =
            (HashSet::new(), HashSet::new(), HashSet::new());
        for entry in history.shown() {
            let tune = history.tune(entry);
            artists.insert(&*tune.artist.json);
            tracks.insert((&*tune.artist.json, &*tune.track.json));
            if let Some(album) = &tune.album {
                albums.insert((&*tune.artist.json, &*album.json));
            }
        }
        let name = &Name::new(&account.user).json;
        let plays = i64::try_from(history.shown().len()).unwrap_or(i64::MAX);
        let playcount = plays.saturating_add(self.service.playcount_error).max(0);
        let (artists, albums, tracks) = (artists.len(), albums.len(), tracks.len());
        let registered = account.registered;
        Answer::json(format!(
            r##"{{"user":{{"name":{name},"age":"0","subscriber":"0","realname":"","bootstrap":"0","playcount":"{playcount}","artist_count":"{artists}","playlists":"0","track_count":"{tracks}","album_count":"{albums}","image":[{{"size":"small","#text":""}},{{"size":"medium","#text":""}},{{"size":"large","#text":""}},{{"size":"extralarge","#text":""}}],"registered":{{"unixtime":"{registered}","#text":{registered}}},"country":"None","gender":"n","url":"https:\/\/www.last.fm\/user\/{}","type":"user"}}}}"##,
            name.trim_matches('"')
        ))
    }

    /// `user.getWeeklyChartList`: weeks since the first chart, long before most accounts.
    pub(super) fn weekly_chart_list(&self, call: &Call<'_>) -> Answer {
        let mut weeks = String::new();
        let mut from = FIRST_WEEK;
        while from + WEEK <= self.now().as_unix() {
            let comma = if from == FIRST_WEEK { "" } else { "," };
            let to = from + WEEK;
            let _ = write!(weeks, r##"{comma}{{"#text":"","from":"{from}","to":"{to}"}}"##);
            from = to;
        }
        let user = Name::new(&self.account(call.account).user).json;
        Answer::json(format!(
            r#"{{"weeklychartlist":{{"chart":[{weeks}],"@attr":{{"user":{user}}}}}}}"#
        ))
    }
}
