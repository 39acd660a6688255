//! The sessions of those who let this program act for them: one file that only its owner can read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use lastfm_core::{SessionKey, Timestamp, Username};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::exit::{Exit, Trouble};
use crate::program::program;
use crate::show;

/// The file, as far as it is about one service.
#[derive(Debug, Clone)]
pub struct Sessions {
    /// Nothing where nobody has a home.
    path: Option<PathBuf>,
    /// Whether a person said where it is.
    is_said: bool,
    host: String,
}

/// A session, as it was kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)] // What is not understood would be lost with the next login.
pub struct Session {
    /// Whose it is, as the service spells the name.
    pub user: Username,
    /// What stands for the login.
    #[serde(with = "plainly")]
    pub key: SessionKey,
    /// When the login was. Seconds since 1970 UTC.
    pub since: i64,
}

/// By service, then by user in lower case.
type Content = BTreeMap<String, BTreeMap<String, Session>>;

impl Sessions {
    /// Those of the service at this host, kept in the file that was said, or in the folder of this
    /// person's settings.
    pub fn new(said: Option<PathBuf>, host: &str) -> Self {
        let is_said = said.is_some();
        let usual = || {
            let settings = etcetera::choose_base_strategy().ok()?.config_dir();
            Some(settings.join(program().name).join("sessions.json"))
        };
        let path = said.or_else(usual);
        let path = path.map(|path| std::path::absolute(&path).unwrap_or(path));
        Self { path, is_said, host: host.to_owned() }
    }

    /// All of them, in the order of the alphabet.
    pub fn all(&self) -> Result<Vec<Session>, Trouble> {
        Ok(self.read()?.remove(&self.host).unwrap_or_default().into_values().collect())
    }

    /// The one of this user.
    pub fn of(&self, user: &Username) -> Result<Option<Session>, Trouble> {
        Ok(self.read()?.get_mut(&self.host).and_then(|host| host.remove(&user.folded())))
    }

    /// The one of this user, or all: at least one.
    pub fn named(&self, user: Option<&Username>) -> Result<Vec<Session>, Trouble> {
        let found = match user {
            Some(user) => self.of(user)?.into_iter().collect(),
            None => self.all()?,
        };
        if !found.is_empty() {
            return Ok(found);
        }
        let nobody = |what: String| {
            Trouble::new(Exit::NeedsPerson, "not_logged_in", what)
                .advice(format!("Nothing was changed. To log in: {} login", show::program()))
        };
        Err(match user {
            Some(user) => nobody(format!("{user} has not logged in here")).about(user),
            None => nobody("nobody has logged in here".to_owned()),
        })
    }

    /// Keeps a session in place of the one before, and says where.
    pub fn keep(&self, user: Username, key: SessionKey, now: Timestamp) -> Result<&Path, Trouble> {
        let session = Session { user, key, since: now.as_unix() };
        self.change(|content| {
            let host = content.entry(self.host.clone()).or_default();
            host.insert(session.user.folded(), session);
        })
    }

    /// Forgets the sessions of these users, and says where they were.
    pub fn forget(&self, users: &[Username]) -> Result<&Path, Trouble> {
        self.change(|content| {
            if let Some(host) = content.get_mut(&self.host) {
                host.retain(|user, _| users.iter().all(|gone| gone.folded() != *user));
            }
            content.retain(|_, users| !users.is_empty());
        })
    }

    /// Sees to it that a session can be kept before a person is asked for one.
    pub fn prepare(&self) -> Result<(), Trouble> {
        let place = Place::take(self.path()?)?;
        self.read()?;
        place.empty().map(|_| ())
    }

    fn change(&self, act: impl FnOnce(&mut Content)) -> Result<&Path, Trouble> {
        let place = Place::take(self.path()?)?;
        let mut content = self.read()?;
        act(&mut content);
        place.write(&content)
    }

    fn path(&self) -> Result<&Path, Trouble> {
        self.path.as_deref().ok_or_else(|| {
            let what = "there is no home folder to keep the session in";
            let variable = program().sessions_variable;
            Trouble::new(Exit::Failed, "cannot_keep", what)
                .advice(format!("Nothing was stored. Set {variable} to the path of a file."))
        })
    }

    fn read(&self) -> Result<Content, Trouble> {
        let Some(path) = &self.path else { return Ok(Content::default()) };
        let refuse = |error: &io::Error| {
            let what = format!("{} cannot be read: {error}", path.display());
            Trouble::new(Exit::NeedsPerson, "bad_sessions", what).advice("Nothing was changed.")
        };
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) => {
                // A service may have a home that it cannot look into, and keeps nothing there.
                let is_none = match error.kind() {
                    ErrorKind::NotFound | ErrorKind::NotADirectory => true,
                    ErrorKind::PermissionDenied => !self.is_said && fs::metadata(path).is_err(),
                    _ => false,
                };
                return if is_none { Ok(Content::default()) } else { Err(refuse(&error)) };
            }
        };
        let mut text = Vec::new();
        let about = file.metadata().map_err(|error| refuse(&error))?;
        if let Some(mode) = open_to_others(&about) {
            let what = format!("{} can be read by others (mode {mode:03o})", path.display());
            return Err(Trouble::new(Exit::NeedsPerson, "unsafe_sessions", what)
                .advice("Nothing was changed. Whoever reads it can act for its users.")
                .advice(format!("To close it to others: chmod 600 {}", path.display())));
        }
        file.read_to_end(&mut text).map_err(|error| refuse(&error))?;
        // What the parser says may quote a key: only the place is told.
        serde_json::from_slice(&text).map_err(|error| {
            let what = format!("{} is damaged (line {})", path.display(), error.line());
            Trouble::new(Exit::NeedsPerson, "bad_sessions", what)
                .advice("Nothing was changed. Mend it, or move it away and log in again.")
                .advice(format!("To log in: {} login", show::program()))
        })
    }
}

/// How the key is written, which hides itself from everything else.
mod plainly {
    use lastfm_core::SessionKey;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(key: &SessionKey, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(key.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SessionKey, D::Error> {
        SessionKey::new(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// The place of the file, kept from everybody else who would change it: of two logins at once, the
/// second one waits, and reads what the first one wrote.
struct Place<'a> {
    /// As it is called.
    path: &'a Path,
    /// Where it is: a link to the file stays one.
    real: PathBuf,
    folder: PathBuf,
    /// Ends with the process that has it, however that ends.
    _lock: File,
}

impl<'a> Place<'a> {
    fn take(path: &'a Path) -> Result<Self, Trouble> {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = real.parent().unwrap_or(Path::new("/")).to_owned();
        let lock = || -> io::Result<File> {
            make_folder(&folder)?;
            let mut options = File::options();
            options.create(true).truncate(false).write(true);
            private(&mut options);
            let file = options.open(real.with_extension("lock"))?;
            file.lock()?;
            Ok(file)
        };
        let lock = lock().map_err(|error| not_kept(path, &error))?;
        Ok(Self { path, real, folder, _lock: lock })
    }

    /// A file without a name yet, which nobody else may read from its first byte on.
    fn empty(&self) -> Result<NamedTempFile, Trouble> {
        NamedTempFile::new_in(&self.folder).map_err(|error| not_kept(self.path, &error))
    }

    /// Puts a whole new file in the place of the old one: whatever happens, one of them is there.
    fn write(self, content: &Content) -> Result<&'a Path, Trouble> {
        let mut file = self.empty()?;
        let write = || -> io::Result<()> {
            serde_json::to_writer_pretty(&mut file, content)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(&self.real)?;
            sync(&self.folder)
        };
        write().map_err(|error| not_kept(self.path, &error))?;
        Ok(self.path)
    }
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(unix)]
fn private(options: &mut fs::OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

/// The new name is on the disk, too.
#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The mode of a file that is not its owner's alone.
#[cfg(unix)]
fn open_to_others(about: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let mode = about.mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Elsewhere the folder of a person's settings is closed to others.
#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn private(_options: &mut fs::OpenOptions) {}

#[cfg(not(unix))]
fn sync(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn open_to_others(_about: &fs::Metadata) -> Option<u32> {
    None
}

fn not_kept(path: &Path, error: &io::Error) -> Trouble {
    let what = format!("{} cannot be written: {error}", path.display());
    let variable = program().sessions_variable;
    Trouble::new(Exit::Failed, "cannot_keep", what)
        .advice(format!("Nothing was stored. Another file: set {variable} to its path."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> Username {
        name.parse().unwrap()
    }

    fn keep(sessions: &Sessions, name: &str, key: &str) {
        let now = Timestamp::from_unix(1_780_000_000);
        sessions.keep(user(name), SessionKey::new(key).unwrap(), now).unwrap();
    }

    fn names(sessions: &Sessions) -> Vec<String> {
        sessions.all().unwrap().iter().map(|session| session.user.to_string()).collect()
    }

    #[test]
    fn a_session_is_found_whatever_the_spelling_and_only_at_its_service() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("sessions.json");
        let [here, there] = ["here", "there"].map(|host| Sessions::new(Some(path.clone()), host));
        assert!(here.all().unwrap().is_empty() && !path.exists(), "reading makes no file");
        keep(&here, "RJ", "canary-old");
        keep(&here, "rj", "canary-new");
        keep(&there, "Ann", "canary-ann");
        assert_eq!((names(&here), names(&there)), (vec!["rj".into()], vec!["Ann".into()]));
        assert_eq!(here.of(&user("Rj")).unwrap().unwrap().key.expose(), "canary-new");
        assert!(there.of(&user("rj")).unwrap().is_none());
        here.forget(&[user("RJ")]).unwrap();
        assert_eq!((names(&here), names(&there)), (vec![], vec!["Ann".into()]));
        assert!(!format!("{:?}", there.all().unwrap()).contains("canary"));
    }

    #[test]
    fn sessions_that_are_kept_at_once_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Sessions::new(Some(folder.path().join("sessions.json")), "here");
        std::thread::scope(|scope| {
            for worker in 0..8 {
                let sessions = &sessions;
                scope.spawn(move || {
                    for number in 0..5 {
                        keep(sessions, &format!("user{worker}{number}"), "k");
                    }
                });
            }
        });
        assert_eq!(names(&sessions).len(), 40);
    }

    #[test]
    fn a_damaged_file_is_neither_written_nor_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.json");
        let sessions = Sessions::new(Some(path.clone()), "here");
        keep(&sessions, "rj", "k");
        for text in ["", "{\n\"here\": \"canary\"}", r#"{"here":{"rj":{"key":"canary"}}}"#] {
            // Into the file that is there, so that its mode stays.
            fs::write(&path, text).unwrap();
            let trouble = sessions.prepare().unwrap_err();
            assert_eq!(trouble.code, "bad_sessions");
            assert!(trouble.what.contains("damaged (line "), "{trouble:?}");
            assert!(!format!("{trouble:?}").contains("canary"), "{trouble:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_the_file_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let [link, file] = ["sessions.json", "elsewhere.json"].map(|name| folder.path().join(name));
        keep(&Sessions::new(Some(file.clone()), "here"), "rj", "k");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let sessions = Sessions::new(Some(link.clone()), "here");
        keep(&sessions, "ann", "k");
        assert!(link.is_symlink());
        assert_eq!(names(&Sessions::new(Some(file), "here")), ["ann", "rj"]);
    }
}
