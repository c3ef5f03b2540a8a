#![allow(clippy::print_stdout, reason = "tests measure")]

use bytes::BytesMut;
use futures::{AsyncWriteExt, future::join_all};

use super::*;
use crate::{
    DelimitError,
    delimited::put_length,
    testing::{Pipe, config, pipe},
};

type Outcome = Result<Done<Pipe>, Error>;

/// Passes messages on from one side to the other, as long as `pass` says what to send for them.
async fn forward(
    from: impl AsyncRead + Unpin,
    to: impl AsyncWrite + Unpin,
    mut pass: impl FnMut(Message) -> Option<Vec<Message>>,
) {
    let (mut reader, mut writer) = (Reader::new(from), Writer::new(to));
    while let Ok(message) = reader.next().await {
        let Some(messages) = pass(message) else { return };
        for message in messages {
            if writer.send(message).await.is_err() {
                return;
            }
        }
    }
}

/// Runs both sides with somebody in the middle; when that one gives up, both streams break.
async fn exchange_through(
    to_answerer: impl FnMut(Message) -> Option<Vec<Message>>,
    to_offerer: impl FnMut(Message) -> Option<Vec<Message>>,
) -> (Outcome, Outcome) {
    let (offerer, left) = pipe();
    let (right, answerer) = pipe();
    let (left_reader, left_writer) = left.split();
    let (right_reader, right_writer) = right.split();
    let middle = async move {
        let there = forward(left_reader, right_writer, to_answerer);
        let back = forward(right_reader, left_writer, to_offerer);
        select(pin!(there), pin!(back)).await;
    };
    let config = config();
    let both = futures::future::join(offer(offerer, &config), answer(answerer, &config));
    match select(pin!(both), pin!(middle)).await {
        Either::Left((outcomes, _)) => outcomes,
        Either::Right(((), both)) => both.await,
    }
}

fn pass_all(message: Message) -> Option<Vec<Message>> {
    Some(vec![message])
}

/// Answers, or offers, to somebody who writes these bytes and then reads until the end.
async fn against<F: Future<Output = Outcome>>(bytes: &[u8], side: impl FnOnce(Pipe) -> F) -> Error {
    let (ours, theirs) = pipe();
    let hostile = async move {
        let (mut reader, mut writer) = theirs.split();
        // The other side may have seen enough before it has read all.
        let _ = writer.write_all(bytes).await;
        let mut sink = Vec::new();
        let _ = reader.read_to_end(&mut sink).await;
        drop(writer);
    };
    let (outcome, ()) = futures::join!(side(ours), hostile);
    outcome.map(|_| ()).unwrap_err()
}

async fn answer_to(bytes: &[u8]) -> Error {
    let config = config();
    against(bytes, |pipe| async { answer(pipe, &config).await }).await
}

async fn offer_to(bytes: &[u8]) -> Error {
    let config = config();
    against(bytes, |pipe| async { offer(pipe, &config).await }).await
}

async fn real_offer() -> String {
    let parts = open(&config()).await.unwrap();
    let _init = parts.peer_connection.open_stream(INIT_LABEL, &parts.streams).await.unwrap();
    parts.peer_connection.create_offer().await.unwrap()
}

#[tokio::test]
async fn two_sides_connect() {
    let (offered, answered) = exchange_through(pass_all, pass_all).await;
    assert!(offered.is_ok() && answered.is_ok());
}

#[tokio::test]
async fn candidates_before_the_answer_are_kept_for_it() {
    let mut held = Vec::new();
    let (offered, answered) = exchange_through(pass_all, |message| {
        held.push(message);
        let candidate = held.iter().position(|held| matches!(held, Message::Candidate(_)));
        // The answer waits until a candidate has overtaken it.
        let Some(at) = candidate else { return Some(Vec::new()) };
        held.rotate_left(at);
        Some(std::mem::take(&mut held))
    })
    .await;
    assert!(offered.is_ok() && answered.is_ok());
}

#[tokio::test]
async fn bad_candidates_are_left_out() {
    let bad = ["", "null", "{}", "[]", "\u{0}", "{\"candidate\":\"candidate:nonsense\"}", "1e999"];
    let add = |message| {
        let bad = bad.iter().map(|text| Message::Candidate((*text).to_owned()));
        Some(std::iter::once(message).chain(bad).collect())
    };
    let mut first = true;
    let (offered, answered) = exchange_through(
        move |message| if std::mem::take(&mut first) { add(message) } else { pass_all(message) },
        pass_all,
    )
    .await;
    assert!(offered.is_ok() && answered.is_ok());
}

#[tokio::test]
async fn a_cut_at_any_message_is_an_error_in_time_or_no_harm() {
    let cuts = (0..12).flat_map(|cut| [(cut, usize::MAX), (usize::MAX, cut)]);
    let outcomes = join_all(cuts.map(|(there, back)| async move {
        let until = |mut left: usize| {
            move |message| {
                left = left.checked_sub(1)?;
                Some(vec![message])
            }
        };
        let bound = AFTER_END + Duration::from_secs(5);
        let both = exchange_through(until(there), until(back));
        let (offered, answered) = tokio::time::timeout(bound, both).await.expect("no hang");
        (there, back, offered.map(|_| ()), answered.map(|_| ()))
    }))
    .await;
    for (there, back, offered, answered) in outcomes {
        println!("cut at {there} there, {back} back: {offered:?} {answered:?}");
        if there == 0 || back == 0 {
            assert_eq!(offered, Err(Error::SignallingEnded));
        }
        if there == 0 {
            assert_eq!(answered, Err(Error::SignallingEnded));
        }
    }
}

#[tokio::test]
async fn garbage_is_refused() {
    assert_eq!(answer_to(b"\x03\xff\xff\xff").await, Error::Malformed);
    assert_eq!(offer_to(b"\x03\xff\xff\xff").await, Error::Malformed);
    let length = Error::Delimit(DelimitError::Length);
    assert_eq!(answer_to(&[0xff; 64]).await, length);
    assert_eq!(offer_to(&[0xff; 64]).await, length);
}

#[tokio::test]
async fn an_oversized_message_is_refused_at_its_length() {
    let mut bytes = BytesMut::new();
    put_length(1_000_000, &mut bytes);
    let too_long = Error::Delimit(DelimitError::TooLong { found: 1_000_000, limit: 32 * 1024 });
    assert_eq!(answer_to(&bytes).await, too_long);
    assert_eq!(offer_to(&bytes).await, too_long);
}

#[tokio::test]
async fn a_description_that_is_none_is_refused() {
    let garbage = ["", "v=0", "v=0\r\nm=application 0 X 0\r\n", "\u{0}\u{0}", "m=\r\n"];
    let refused = Error::Refused { operation: "take the remote's description" };
    for text in garbage {
        assert_eq!(answer_to(&Message::Offer(text.to_owned()).encode()).await, refused, "{text}");
        assert_eq!(offer_to(&Message::Answer(text.to_owned()).encode()).await, refused, "{text}");
    }
}

#[tokio::test]
async fn messages_in_the_wrong_order_are_refused() {
    let offer = Message::Offer(real_offer().await);
    let candidate = Message::Candidate("null".to_owned());
    let twice = [offer.clone().encode(), offer.clone().encode()].concat();
    assert_eq!(answer_to(&candidate.encode()).await, Error::WrongOrder);
    assert_eq!(answer_to(&Message::Answer(String::new()).encode()).await, Error::WrongOrder);
    assert_eq!(answer_to(&twice).await, Error::WrongOrder);
    assert_eq!(offer_to(&offer.encode()).await, Error::WrongOrder);
}

#[tokio::test]
async fn endless_candidates_are_refused() {
    let too_many = Error::TooManyCandidates { limit: CANDIDATES };
    let candidates = Message::Candidate("null".to_owned()).encode().repeat(CANDIDATES + 1);
    assert_eq!(offer_to(&candidates).await, too_many);
    let offer = Message::Offer(real_offer().await).encode();
    assert_eq!(answer_to(&[&offer[..], &candidates].concat()).await, too_many);
}

#[tokio::test]
async fn a_remote_that_says_nothing_is_told_nothing() {
    let (ours, mut theirs) = pipe();
    let config = config();
    let answering = async {
        let (answering, turn) = (pin!(answer(ours, &config)), pin!(tokio::task::yield_now()));
        let outcome = select(answering, turn).await;
        assert!(matches!(outcome, Either::Right(_)), "it waits for the offer");
    };
    answering.await;
    let mut sink = Vec::new();
    theirs.read_to_end(&mut sink).await.unwrap();
    assert_eq!(sink, b"");
}
