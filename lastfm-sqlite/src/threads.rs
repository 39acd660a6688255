//! Blocking work on threads of its own: a job in, an answer out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use futures_channel::oneshot;

type Job<Worker> = Box<dyn FnOnce(&mut Worker) + Send>;

/// Threads that each own a `Worker` (a connection and what goes with it) and share one queue.
///
/// Dropping it waits until the queue is empty.
#[derive(Debug)]
pub(crate) struct Threads<Worker> {
    jobs: Option<Sender<Job<Worker>>>,
    handles: Vec<JoinHandle<()>>,
}

/// The job did not answer: it panicked, or its thread could not be started.
#[derive(Debug, thiserror::Error)]
#[error("the job was abandoned")]
pub(crate) struct Abandoned;

impl<Worker: 'static> Threads<Worker> {
    /// Starts `count` threads.
    pub(crate) fn start(
        name: &str,
        count: usize,
        worker: impl Fn() -> Worker + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = channel();
        let (queue, worker) = (Arc::new(Mutex::new(queue)), Arc::new(worker));
        let mut threads = Self { jobs: Some(jobs), handles: Vec::new() };
        for _ in 0..count {
            let (queue, worker) = (Arc::clone(&queue), Arc::clone(&worker));
            let thread = std::thread::Builder::new().name(name.to_owned());
            let handle = thread.spawn(move || work(&queue, &*worker))?;
            threads.handles.push(handle);
        }
        Ok(threads)
    }

    /// Queues a job and waits for its answer.
    ///
    /// # Cancel safety
    ///
    /// Once polled, the job is done even if the future is dropped.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Worker) -> T + Send + 'static,
    ) -> Result<T, Abandoned> {
        let (reply, answer) = oneshot::channel();
        let job: Job<Worker> = Box::new(move |worker| {
            // Nobody may be waiting any more.
            let _ = reply.send(job(worker));
        });
        let jobs = self.jobs.as_ref().ok_or(Abandoned)?;
        jobs.send(job).map_err(|_| Abandoned)?;
        answer.await.map_err(|_| Abandoned)
    }
}

impl<Worker> Drop for Threads<Worker> {
    fn drop(&mut self) {
        self.jobs = None;
        for handle in self.handles.drain(..) {
            // A thread ends when the queue does; a panic of a job does not end it.
            let _ = handle.join();
        }
    }
}

fn work<Worker>(queue: &Mutex<Receiver<Job<Worker>>>, start: &dyn Fn() -> Worker) {
    let mut worker = start();
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else {
            return;
        };
        if catch_unwind(AssertUnwindSafe(|| job(&mut worker))).is_err() {
            // What a job left half done is not trusted.
            worker = start();
        }
    }
}
