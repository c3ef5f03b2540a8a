//! STUN: tells those who ask by UDP the address that they have from outside (RFC 8489).
//!
//! Browsers ask their own relay and nobody else, before they connect directly. Senders of UDP can
//! be forged, so answers are few for each sender and in all, and hardly larger than questions.

mod message;

use std::{io, net::SocketAddr, time::Duration};

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::{
    net::UdpSocket,
    sync::watch,
    time::{self, MissedTickBehavior},
};

use crate::{addresses::Subnet, limits::Limits};

pub(crate) use message::username;

/// The socket, and how much it answers.
#[derive(Debug)]
pub(crate) struct Stun {
    socket: UdpSocket,
    local: SocketAddr,
    all: DefaultDirectRateLimiter,
    of_client: DefaultKeyedRateLimiter<Subnet>,
}

impl Stun {
    /// Takes the port. Needs a running tokio.
    pub(crate) fn bind(address: SocketAddr, limits: &Limits) -> io::Result<Self> {
        let socket = std::net::UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        Ok(Self {
            socket: UdpSocket::from_std(socket)?,
            local,
            all: RateLimiter::direct(Quota::per_second(limits.stun_per_second)),
            of_client: RateLimiter::keyed(Quota::per_minute(limits.stun_per_minute_per_ip)),
        })
    }

    /// Returns the address of the socket.
    pub(crate) fn local_address(&self) -> SocketAddr {
        self.local
    }

    /// Answers until `stop` turns true.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut forget = time::interval(FORGET);
        forget.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // One byte more than is allowed shows what was cut.
        let mut datagram = [0; message::REQUEST_BYTES + 1];
        loop {
            tokio::select! {
                received = self.socket.recv_from(&mut datagram) => {
                    // An error tells of an earlier answer that nobody took.
                    let Ok((length, from)) = received else { continue };
                    if let Some(datagram) = datagram.get(..length) {
                        self.handle(datagram, from);
                    }
                }
                _ = forget.tick() => self.of_client.retain_recent(),
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
    }

    fn handle(&self, datagram: &[u8], from: SocketAddr) {
        if datagram.len() > message::REQUEST_BYTES {
            return;
        }
        let Some(answer) = message::answer(datagram, from) else { return };
        // The total comes first: it bounds how many senders are remembered.
        if self.all.check().is_ok()
            && self.of_client.check_key(&Subnet::customer(from.ip())).is_ok()
        {
            // With a full buffer of the system it is lost, as any datagram may be: they ask again.
            drop(self.socket.try_send_to(&answer, from));
        }
    }
}

/// How often senders are forgotten that have been quiet: with the rate in all, it bounds how many
/// are remembered.
const FORGET: Duration = Duration::from_secs(10);
