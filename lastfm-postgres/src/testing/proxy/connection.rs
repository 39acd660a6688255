//! One connection through the proxy: it passes messages on, until a fault or an order ends it.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncWriteExt, BufReader, BufWriter, copy, sink};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{Instant, sleep, sleep_until};

use super::messages::{Hello, Message, hello};
use super::{Fault, Network, Orders};

pub(super) struct Connection {
    network: Arc<Network>,
    /// The orders that were given before it began, and are none to it.
    born: Orders,
    /// Which of the server's `is_ready` belongs to the statement whose answer gets lost. The one
    /// after the login is number 1; 0 is none.
    lost: AtomicUsize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// One of both sides closed it.
    Closed,
    Cut,
    Swallowed,
}

impl Connection {
    pub(super) fn new(network: Arc<Network>) -> Self {
        network.connections.fetch_add(1, Ordering::Relaxed);
        let born = *network.orders.borrow();
        Self { network, born, lost: AtomicUsize::new(0) }
    }

    pub(super) async fn run(self, mut client: TcpStream) {
        let mut server = None;
        let mut end = End::Swallowed;
        if !self.born.swallow_new {
            end = match TcpStream::connect(self.network.server).await {
                Ok(stream) => self.pass(&mut client, server.insert(stream)).await,
                Err(_) => End::Cut,
            };
        }
        if end == End::Swallowed {
            tokio::select! {
                () = swallow(&mut client) => {}
                () = swallow_if(server.as_mut()) => {}
                () = self.cut() => {}
            }
            end = End::Cut;
        }
        if end == End::Cut {
            // What is closed without lingering is reset.
            for stream in [Some(client), server].into_iter().flatten() {
                let _ = stream.set_zero_linger();
            }
        }
    }

    async fn pass(&self, client: &mut TcpStream, server: &mut TcpStream) -> End {
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let both_ways = async {
            if !greet(client, server).await? {
                return Ok(End::Closed);
            }
            let (from_client, to_client) = client.split();
            let (from_server, to_server) = server.split();
            tokio::select! {
                end = self.pass_up(from_client, to_server) => end,
                end = self.pass_down(from_server, to_client) => end,
            }
        };
        tokio::select! {
            end = both_ways => end.unwrap_or(End::Closed),
            () = self.cut() => End::Cut,
            () = self.swallowed() => End::Swallowed,
        }
    }

    async fn pass_up(&self, from: ReadHalf<'_>, to: WriteHalf<'_>) -> io::Result<End> {
        let (mut from, mut to) = (BufReader::new(from), BufWriter::new(to));
        let mut ready_wanted = 1;
        loop {
            let message = Message::read(&mut from).await?;
            let fault = self.network.fault_at(&message);
            match fault {
                Some(Fault::CutBefore) => return Ok(End::Cut),
                Some(Fault::Swallow) => return Ok(End::Swallowed),
                Some(Fault::CutAfter) => self.lost.store(ready_wanted + 1, Ordering::Relaxed),
                Some(Fault::Stall(time)) => sleep(time).await,
                Some(Fault::CutMeanwhile) | None => {}
            }
            ready_wanted += usize::from(message.wants_ready());
            self.may_pass().await;
            to.write_all(&message.0).await?;
            if from.buffer().is_empty() {
                to.flush().await?;
            }
            if fault == Some(Fault::CutMeanwhile) {
                to.flush().await?;
                return Ok(End::Cut);
            }
        }
    }

    async fn pass_down(&self, from: ReadHalf<'_>, to: WriteHalf<'_>) -> io::Result<End> {
        let (mut from, mut to) = (BufReader::new(from), BufWriter::new(to));
        let mut ready_count = 0;
        loop {
            let message = Message::read(&mut from).await?;
            let is_lost = self.lost.load(Ordering::Relaxed) == ready_count + 1;
            ready_count += usize::from(message.is_ready());
            if is_lost {
                if message.is_ready() {
                    return Ok(End::Cut);
                }
                continue;
            }
            self.may_pass().await;
            to.write_all(&message.0).await?;
            if from.buffer().is_empty() {
                to.flush().await?;
            }
        }
    }

    /// Waits while the network stands still. Where nothing may pass any more, it waits for ever.
    async fn may_pass(&self) {
        loop {
            let orders = *self.network.orders.borrow();
            if orders.cut > self.born.cut || orders.swallow > self.born.swallow {
                pending::<()>().await;
            }
            if orders.stalled_until <= Instant::now() {
                return;
            }
            sleep_until(orders.stalled_until).await;
        }
    }

    async fn cut(&self) {
        self.ordered(|orders| orders.cut > self.born.cut).await;
    }

    async fn swallowed(&self) {
        self.ordered(|orders| orders.swallow > self.born.swallow).await;
    }

    async fn ordered(&self, so: impl Fn(&Orders) -> bool) {
        // The sender lives in the network, which this holds.
        let _ = self.network.orders.subscribe().wait_for(so).await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.network.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Passes on what comes before the login. Whether there will be more.
async fn greet(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<bool> {
    loop {
        match hello(client).await? {
            Hello::Encrypt => client.write_all(b"N").await?,
            Hello::Start(message) => {
                server.write_all(&message).await?;
                return Ok(true);
            }
            Hello::Cancel(message) => {
                server.write_all(&message).await?;
                // The client takes the end of this connection for the deed.
                copy(server, &mut sink()).await?;
                return Ok(false);
            }
        }
    }
}

/// Takes what comes and tells nobody, not even that the other side has gone.
async fn swallow(from: &mut (impl AsyncRead + Unpin)) {
    let _ = copy(from, &mut sink()).await;
    pending::<()>().await;
}

async fn swallow_if(from: Option<&mut TcpStream>) {
    match from {
        Some(from) => swallow(from).await,
        None => pending().await,
    }
}
