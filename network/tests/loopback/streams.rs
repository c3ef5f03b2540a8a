//! Byte streams between contacts, on direct connections and on circuits.

use std::io::ErrorKind;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt, future::join};
use lowkey_network::{ByteStream, StreamError};
use lowkey_protocol::{Command, Reach, Standing};

use crate::{
    direct::{direct_contacts, reach, talk},
    person::{self, Person},
    relay::TestRelay,
};

/// The byte at a place of a long stream.
fn byte(at: usize) -> u8 {
    at.wrapping_mul(2_654_435_761).to_le_bytes()[2]
}

/// Writes so many bytes and closes.
async fn write(mut stream: impl AsyncWrite + Unpin, bytes: usize) -> std::io::Result<()> {
    for start in (0..bytes).step_by(65_536) {
        let end = bytes.min(start + 65_536);
        let part: Vec<u8> = (start..end).map(byte).collect();
        stream.write_all(&part).await?;
    }
    stream.close().await
}

/// Reads to the end; returns how many bytes came, all as they were written.
async fn read(mut stream: impl AsyncRead + Unpin) -> std::io::Result<usize> {
    let mut buffer = vec![0; 65_536];
    let mut at = 0;
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(at);
        }
        assert!((at..).zip(&buffer[..length]).all(|(at, found)| byte(at) == *found), "at {at}");
        at += length;
    }
}

/// A stream between two contacts, at both ends.
async fn stream(one: &Person, two: &mut Person) -> (ByteStream, ByteStream) {
    let mut ours = one.handle.open_stream(two.address()).await.unwrap();
    // The other side learns of a stream with its first bytes.
    ours.write_all(b"!").await.unwrap();
    ours.flush().await.unwrap();
    let (from, mut theirs) = two.incoming.next().await.unwrap();
    assert_eq!(from, one.address());
    theirs.read_exact(&mut [0]).await.unwrap();
    (ours, theirs)
}

fn end(error: &std::io::Error) -> Option<StreamError> {
    error.get_ref()?.downcast_ref::<StreamError>().copied()
}

/// Two contacts who talk over the relay only.
async fn relayed_contacts(relay: &TestRelay) -> (Person, Person) {
    let mut one = Person::start(&[relay]).await;
    let mut two = Person::start(&[relay]).await;
    let hide = Command::HideAddress { contact: None, hide: true };
    two.handle.command(hide).await.unwrap();
    person::become_contacts(&mut one, &mut two).await;
    (one, two)
}

#[tokio::test]
async fn a_file_passes_on_a_direct_connection_both_ways_at_once() {
    const BYTES: usize = 4 * 1024 * 1024;
    let relay = TestRelay::start().await;
    let (mut one, mut two) = direct_contacts(&relay).await;
    let (ours, theirs) = stream(&one, &mut two).await;
    let both = |stream: ByteStream| async {
        let (reader, writer) = stream.split();
        let (written, came) = join(write(writer, BYTES), read(reader)).await;
        written.unwrap();
        came.unwrap()
    };
    assert_eq!(join(both(ours), both(theirs)).await, (BYTES, BYTES));
    talk(&mut one, &mut two, "and the talk goes on").await;
    assert_eq!(reach(&one.seen, two.address()), Some(Reach::Direct));
}

#[tokio::test]
async fn a_circuit_carries_half_of_what_its_relay_lets_through_and_the_talk_goes_on() {
    const CIRCUIT: usize = 2 * 1024 * 1024;
    let relay = TestRelay::with_circuits_of(CIRCUIT as u64).await;
    let (mut one, mut two) = relayed_contacts(&relay).await;

    let (mut ours, mut theirs) = stream(&one, &mut two).await;
    let fits = CIRCUIT / 4;
    let (written, came) = join(write(&mut ours, fits), read(&mut theirs)).await;
    written.unwrap();
    assert_eq!(came.unwrap(), fits);

    let (mut ours, mut theirs) = stream(&one, &mut two).await;
    let (written, came) = join(write(&mut ours, CIRCUIT), read(&mut theirs)).await;
    let full = StreamError::CircuitFull { limit: CIRCUIT as u64 / 2 };
    assert_eq!(end(&written.unwrap_err()), Some(full));
    assert_eq!(end(&came.unwrap_err()), Some(full));
    assert_eq!(
        full.to_string(),
        format!(
            "the relay passes {} bytes of streams on and no more; a direct connection would",
            CIRCUIT / 2
        )
    );
    talk(&mut one, &mut two, "the conversation has the other half").await;
}

#[tokio::test]
async fn only_contacts_have_streams() {
    let relay = TestRelay::start().await;
    let one = Person::start(&[&relay]).await;
    let mut two = Person::start(&[&relay]).await;
    two.wait("findable", |seen| seen.is_reserved() && seen.findable.is_some()).await;
    let (first, second) = (one.address(), two.address());
    let refused = |result: Result<ByteStream, StreamError>| result.unwrap_err();
    assert_eq!(refused(one.handle.open_stream(second).await), StreamError::NotConnected);
    one.add(second).await;
    one.say(second, "hello").await;
    two.wait("a request", |seen| seen.standing(first) == Some(Standing::Request)).await;
    assert_eq!(refused(one.handle.open_stream(second).await), StreamError::NotConnected);
    assert_eq!(refused(two.handle.open_stream(first).await), StreamError::NotConnected);
    assert!(two.incoming.try_recv().is_err());
}

#[tokio::test]
async fn a_stream_ends_with_its_link() {
    let relay = TestRelay::start().await;
    let (one, mut two) = direct_contacts(&relay).await;
    let (mut ours, theirs) = stream(&one, &mut two).await;
    two.stop().await;
    drop(theirs);
    let error = loop {
        match ours.write_all(&[7; 65_536]).await {
            Ok(()) => {}
            Err(error) => break error,
        }
    };
    assert_ne!(error.kind(), ErrorKind::OutOfMemory);
    let gone = ours.read(&mut [0; 8]).await;
    assert!(!matches!(gone, Ok(1..)), "{gone:?}");
}
