//! The UDP port: hands datagrams to the connections that they belong to, and tells who knocks.
//!
//! webrtc-rs drops what comes from unknown senders. This stands below it and looks at each first:
//! an ICE check of a sender without a connection is a knock. The check itself is lost; the
//! browser sends another within half a second.

use std::{
    any::Any,
    collections::HashSet,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{net::UdpSocket, sync::mpsc};
use webrtc::util::{Conn, Error};

use crate::stun;

/// Knocks that wait for the swarm; further ones are repeated by who knocks.
const WAITING: usize = 64;

/// Somebody wants a connection.
#[derive(Debug)]
pub(super) struct Knock {
    pub(super) from: SocketAddr,
    pub(super) name: Name,
}

/// Opens the port, and returns where knocks come out. Needs a running tokio.
pub(super) fn bind(address: SocketAddr) -> io::Result<(Socket, mpsc::Receiver<Knock>)> {
    let socket = std::net::UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    let (knocks, receiver) = mpsc::channel(WAITING);
    let known = Arc::default();
    Ok((Socket { socket: UdpSocket::from_std(socket)?, knocks, known }, receiver))
}

/// The socket, as webrtc-rs wants it.
pub(super) struct Socket {
    socket: UdpSocket,
    knocks: mpsc::Sender<Knock>,
    known: Arc<Known>,
}

/// The names of connections, and of those that wait for one.
///
/// A client with several addresses sends its checks from each, and is one client.
type Known = Mutex<HashSet<Arc<str>>>;

impl Socket {
    fn look_at(&self, datagram: &[u8], from: SocketAddr) {
        let Some(ufrag) = ufrag(datagram) else { return };
        let Ok(place) = self.knocks.try_reserve() else { return };
        if let Some(name) = Name::enter(&self.known, ufrag) {
            place.send(Knock { from, name });
        }
    }
}

/// The name that a client has made up, which is also the password of both sides. It is no knock
/// any more as long as this lives.
#[derive(Debug)]
pub(super) struct Name {
    ufrag: Arc<str>,
    known: Arc<Known>,
}

impl Name {
    fn enter(known: &Arc<Known>, ufrag: &str) -> Option<Self> {
        let ufrag = Arc::from(ufrag);
        let is_new =
            known.lock().unwrap_or_else(PoisonError::into_inner).insert(Arc::clone(&ufrag));
        is_new.then(|| Self { ufrag, known: Arc::clone(known) })
    }

    pub(super) fn ufrag(&self) -> &str {
        &self.ufrag
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.ufrag);
    }
}

/// Returns the name that a client gave to its connection, if this is its ICE check.
///
/// Client and server have the same one: `libp2p+webrtc+v1/…` (libp2p's webrtc-direct.md).
fn ufrag(datagram: &[u8]) -> Option<&str> {
    let (server, client) = stun::username(datagram)?.split_once(':')?;
    let is_ice = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let fits = server.starts_with(PREFIX)
        && server == client
        && (PREFIX.len() + 4..=LONGEST_UFRAG).contains(&server.len())
        && server.bytes().all(is_ice);
    fits.then_some(server)
}

const PREFIX: &str = "libp2p+webrtc+v1/";

/// The most that ICE allows (RFC 8839, 5.4).
const LONGEST_UFRAG: usize = 256;

#[async_trait::async_trait]
impl Conn for Socket {
    async fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), Error> {
        loop {
            // An error tells of a datagram that somebody did not take; webrtc-rs would stop at it.
            let Ok((length, from)) = self.socket.recv_from(buffer).await else { continue };
            self.look_at(buffer.get(..length).unwrap_or_default(), from);
            return Ok((length, from));
        }
    }

    async fn send_to(&self, datagram: &[u8], target: SocketAddr) -> Result<usize, Error> {
        Ok(self.socket.send_to(datagram, target).await?)
    }

    fn local_addr(&self) -> Result<SocketAddr, Error> {
        Ok(self.socket.local_addr()?)
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        None
    }

    async fn connect(&self, _: SocketAddr) -> Result<(), Error> {
        Err(unconnected())
    }

    async fn recv(&self, _: &mut [u8]) -> Result<usize, Error> {
        Err(unconnected())
    }

    async fn send(&self, _: &[u8]) -> Result<usize, Error> {
        Err(unconnected())
    }

    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}

/// One socket serves all clients, so it is connected to none.
fn unconnected() -> Error {
    io::Error::from(io::ErrorKind::NotConnected).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(username: &[u8]) -> Vec<u8> {
        let length = u8::try_from(username.len()).unwrap();
        let padding = vec![0; usize::from(length).next_multiple_of(4) - username.len()];
        let whole = u8::try_from(4 + username.len() + padding.len()).unwrap();
        let header =
            [0, 1, 0, whole, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        [&header[..], &[0, 6, 0, length], username, &padding].concat()
    }

    #[test]
    fn only_the_check_of_a_client_is_a_knock() {
        let name = "libp2p+webrtc+v1/abcD0123";
        assert_eq!(ufrag(&check(format!("{name}:{name}").as_bytes())), Some(name));
        for wrong in [
            "",
            ":",
            "libp2p+webrtc+v1/abcd",
            "libp2p+webrtc+v1/abcd:libp2p+webrtc+v1/abce",
            "abcdefgh:abcdefgh",
            "libp2p+webrtc+v1/:libp2p+webrtc+v1/",
            "libp2p+webrtc+v1/a=\r\n:libp2p+webrtc+v1/a=\r\n",
            "libp2p+webrtc+v1/äöüß:libp2p+webrtc+v1/äöüß",
        ] {
            assert_eq!(ufrag(&check(wrong.as_bytes())), None, "{wrong}");
        }
        assert_eq!(ufrag(&check(&[0xff; 40])), None);
    }

    #[test]
    fn a_client_knocks_once_until_it_is_forgotten() {
        let known = Arc::default();
        let first = Name::enter(&known, "name");
        assert_eq!(first.as_ref().map(Name::ufrag), Some("name"));
        assert!(Name::enter(&known, "name").is_none());
        assert!(Name::enter(&known, "other").is_some());
        drop(first);
        assert!(Name::enter(&known, "name").is_some());
        assert!(known.lock().unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn any_datagram_is_no_panic(datagram in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(ufrag(&datagram), None);
        }

        #[test]
        fn any_name_is_no_panic(name in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = ufrag(&check(&name));
        }
    }
}
