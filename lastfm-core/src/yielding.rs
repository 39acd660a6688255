//! One place where whoever runs a future can drop it.

use std::future::poll_fn;
use std::task::Poll;

/// Is pending once, having woken its task already: a place where a test can drop the future.
#[cfg_attr(not(feature = "testing"), expect(unreachable_pub, reason = "tests export it"))]
pub async fn yield_once() {
    let mut waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
