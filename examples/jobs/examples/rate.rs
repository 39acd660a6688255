//! How many jobs a second a worker gets done that have nothing to do, at a place of one's choice:
//! `cargo run --release -p jobs --example rate -- PLACE [JOBS [AT A TIME]]`.

use std::sync::Arc;
use std::time::Instant;

use jobs::{
    Done, Filter, Jobs, Kind, Order, Place, Priority, Setback, Slice, Status, Task, Work, Worker,
};

struct Nothing;

#[async_trait::async_trait]
impl Work for Nothing {
    async fn slice(&self, _task: &Task, _slice: &Slice) -> Result<Done, Setback> {
        Ok(Done::Finished(String::new()))
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "its output is what it is for")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let place: Place = arguments.next().ok_or("where? PLACE [JOBS [AT A TIME]]")?.parse()?;
    let count: usize = arguments.next().map_or(Ok(1000), |count| count.parse())?;
    let at_a_time: usize = arguments.next().map_or(Ok(16), |count| count.parse())?;
    let jobs = Jobs::open(&place).await?;

    let ordering = Instant::now();
    for number in 0..count {
        let user = format!("user{number}").parse()?;
        jobs.order(&Order { kind: Kind::Sync, user, year: None, priority: Priority::Scheduled })
            .await?;
    }
    println!("{:.0} orders a second", per_second(count, ordering));

    let working = Instant::now();
    let all_done = async {
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            let live = Filter { live: true, ..Filter::default() };
            if jobs.list(&live).await.is_ok_and(|live| live.is_empty()) {
                return;
            }
        }
    };
    Worker::new(jobs.clone(), Arc::new(Nothing)).at_a_time(at_a_time).run(all_done).await?;
    println!("{:.0} jobs a second, {at_a_time} at a time", per_second(count, working));
    let finished = jobs.list(&Filter::default()).await?;
    assert!(finished.iter().all(|state| state.status == Status::Finished));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(count: usize, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}
