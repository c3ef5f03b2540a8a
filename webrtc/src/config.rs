//! What the owner of a transport decides.

use std::time::Duration;

/// How direct connections are made, and their bounds.
///
/// ```
/// use lowkey_webrtc::{Admission, Config};
///
/// let stun_servers = vec!["stun:relay.example:3478".to_owned()];
/// let config = Config { admission: Admission::Listed, stun_servers, ..Config::default() };
/// # assert_eq!(config.dials, 16);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Who may learn our addresses.
    pub admission: Admission,
    /// Where to ask how we look from outside, as `stun:host:port`. None: nobody is asked.
    pub stun_servers: Vec<String>,
    /// Whether addresses of the loopback interface are offered too. Only native programs heed it;
    /// a browser never offers them.
    pub loopback: bool,
    /// How long a dial or an answer may take, from the first message to the open connection.
    pub timeout: Duration,
    /// Dials under way at once.
    pub dials: usize,
    /// Answers under way at once.
    pub answers: usize,
    /// Answers under way at once for one peer.
    pub answers_per_peer: usize,
    /// Streams that one connection may have at once; further ones of the remote are closed.
    pub streams: usize,
    /// Bytes of one stream that may wait to be read. The browser's data channels cannot slow the
    /// remote down, so a stream over this bound is reset. A connection keeps twice as much.
    pub unread: usize,
    /// How long ICE may be without an answer, once it says so, until the connection is given up.
    pub lost_after: Duration,
    /// How long the end of a stream waits for its acknowledgement.
    pub finish_timeout: Duration,
}

/// Who may learn our addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Everybody who asks.
    All,
    /// Only peers given to `Behaviour::allow`. Others are neither dialled nor answered, and no
    /// candidate is gathered for them.
    Listed,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            admission: Admission::All,
            stun_servers: Vec::new(),
            loopback: false,
            timeout: Duration::from_secs(15),
            dials: 16,
            answers: 16,
            answers_per_peer: 2,
            streams: 512,
            unread: 16 * 1024 * 1024,
            lost_after: Duration::from_secs(3),
            finish_timeout: Duration::from_secs(10),
        }
    }
}
