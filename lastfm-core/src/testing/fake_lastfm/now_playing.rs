//! `track.updateNowPlaying`: what is playing until it is over, or scrobbled.

use super::FakeLastfm;
use super::accounts::Playing;
use super::answers::{Answer, Outcome};
use super::calls::Call;
use super::life::World;
use super::scrobbles::Described;

/// How long a track is if nobody says. Seconds.
const USUAL_LENGTH: i64 = 240;

impl FakeLastfm {
    /// `track.updateNowPlaying`.
    pub(super) fn update_now_playing(&mut self, call: &Call<'_>) -> Outcome {
        let track = Described::read(call.sent, "")?;
        let ignored = self.filters(&track);
        if ignored.is_none() {
            let (artist, name) = (track.artist(), track.track());
            let tune = self.described(call.account, artist, name, track.album());
            let account = self.account_mut(call.account);
            let known = account.history.tunes[tune as usize].length();
            let known = known.and_then(|length| i64::try_from(length).ok());
            let length = track.duration.or(known).unwrap_or(USUAL_LENGTH);
            let until_ms = account.now_ms.saturating_add(length.saturating_mul(1_000));
            account.owner.playing = Some(Playing { tune, until_ms });
        }
        Ok(Answer::json(format!(r#"{{"nowplaying":{{{}}}}}"#, track.members(ignored))))
    }
}

impl World {
    /// This track was scrobbled: it is no longer playing.
    pub(super) fn stops_playing(&mut self, tune: u32) {
        let key = |tune: u32| self.history.tunes[tune as usize].track_key();
        let playing = self.owner.playing.filter(|playing| key(playing.tune) != key(tune));
        self.owner.playing = playing;
    }
}
