//! Workers that die or freeze in the middle of a slice, in real time: about a minute each.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jobs::{Done, Filter, JobEvent, Jobs, Kind, Place, Progress, Status};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::Notify;

use crate::scene::{Scene, finished, name, on_both, until_status};

on_both!(a_dead_worker_is_replaced_and_a_frozen_one_writes_nothing);

/// Where the other process finds its jobs.
const PLACE: &str = "JOBS_TEST_PLACE";

/// The longest time from a worker's death to the next slice of its job.
const RECOVERY: Duration = Duration::from_secs(75);

/// Not a test but the process that the test kills and freezes: it works on jobs until then.
#[tokio::test]
#[ignore = "is started by the test of leases"]
async fn the_worker_in_another_process() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let place: Place = place.parse().expect("a place");
    let jobs = Jobs::open(&place).await.expect("jobs");
    let scene = Scene::of(jobs, place);
    let running = scene.worker_with(
        |_, slice| {
            Box::pin(async move {
                let from = Instant::now();
                while from.elapsed() < Duration::from_secs(25) {
                    slice.report(told("the other process"));
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                slice.report(told("written by an overtaken worker"));
                Ok(Done::Finished("ended by an overtaken worker".to_owned()))
            })
        },
        |worker| worker.at_a_time(1).name("the other process"),
    );
    // Until it is killed.
    std::future::pending::<()>().await;
    running.stop().await;
}

fn told(phase: &str) -> Progress {
    Progress { phase: phase.to_owned(), ..Progress::default() }
}

/// The other process, killed at the end.
struct Other(Child);

impl Other {
    fn start(scene: &Scene) -> Self {
        let place = match &scene.place {
            Place::Sqlite(path) => path.display().to_string(),
            _ => scene.database.as_ref().expect("a database").url().to_owned(),
        };
        let child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "leases::the_worker_in_another_process", "--include-ignored"])
            .env(PLACE, place)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        Self(child)
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).expect("a signal");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[expect(clippy::print_stdout, reason = "a figure for those who ask with --nocapture")]
async fn a_dead_worker_is_replaced_and_a_frozen_one_writes_nothing(scene: Scene) {
    let theirs = |state: &jobs::State| {
        state.progress.phase == "the other process" && state.slice_at.is_some()
    };
    scene.order("killed").await;
    let killed = Other::start(&scene);
    wait_for(&scene, "killed", theirs).await;
    scene.order("frozen").await;
    let frozen = Other::start(&scene);
    wait_for(&scene, "frozen", theirs).await;

    killed.send(Signal::KILL);
    let death = Instant::now();
    // Frozen in the middle of a write to a file, it would keep everybody from writing.
    for number in 0.. {
        frozen.send(Signal::STOP);
        let user = format!("probe{number}");
        if tokio::time::timeout(Duration::from_secs(2), scene.order(&user)).await.is_ok() {
            scene.jobs.cancel(Kind::Sync, &name(&user), None).await.expect("a job");
            break;
        }
        frozen.send(Signal::CONT);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let go_on = Arc::new(Notify::new());
    let waits = go_on.clone();
    let running = scene.worker_with(
        move |task, slice| {
            let waits = waits.clone();
            let frozen = task.user.as_str() == "frozen";
            Box::pin(async move {
                slice.report(told("taken over"));
                if frozen {
                    waits.notified().await;
                }
                finished()
            })
        },
        |worker| worker.at_a_time(4).name("this process"),
    );
    let mut watch = scene.watch("killed");
    let state = until_within(&mut watch, RECOVERY, |state| state.status == Status::Finished).await;
    println!(
        "the job of a killed worker went on {:.1} s after its death",
        death.elapsed().as_secs_f64()
    );
    assert!(death.elapsed() < RECOVERY);
    assert_eq!((state.worker.as_deref(), state.failures), (Some("this process"), 0));
    let history = scene.jobs.history(Kind::Sync, &name("killed"), 10).await.expect("a history");
    assert_eq!(history[1].happened, JobEvent::Rescued);

    // The frozen one's job was taken over as well. It wakes up in the middle of its slice, tells of
    // progress and finishes, and nobody listens: neither our tables nor River's.
    let mut watch = scene.watch("frozen");
    until_within(&mut watch, RECOVERY, |state| state.progress.phase == "taken over").await;
    frozen.send(Signal::CONT);
    let awake = Instant::now();
    while awake.elapsed() < Duration::from_secs(5) {
        let state = scene.state("frozen").await;
        assert_eq!((state.status, state.progress.phase.as_str()), (Status::Running, "taken over"));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    go_on.notify_one();
    let state = until_status(&mut watch, Status::Finished).await;
    assert_eq!(state.summary.as_deref(), Some("done"));
    running.stop().await;
    let live = scene.jobs.list(&Filter { live: true, ..Filter::default() }).await.expect("a list");
    assert!(live.is_empty(), "{live:?}");
}

async fn wait_for(scene: &Scene, user: &str, fits: impl Fn(&jobs::State) -> bool) {
    until_within(&mut scene.watch(user), Duration::from_mins(1), fits).await;
}

async fn until_within(
    watch: &mut jobs::Watch,
    time: Duration,
    fits: impl Fn(&jobs::State) -> bool,
) -> jobs::State {
    let wanted = async {
        loop {
            let state = watch.next().await.expect("a watch never ends").expect("a state");
            if fits(&state) {
                return state;
            }
        }
    };
    tokio::time::timeout(time, wanted).await.expect("to go on in time")
}
