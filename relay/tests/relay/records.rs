//! What the DHT node keeps, and what it gives.

use libp2p::{PeerId, kad::Quorum};
use lowkey_network::clock;
use lowkey_protocol::{record::Kind, time::Timestamp};
use lowkey_relay::{Refused, Status};

use super::{
    host::{Host, config},
    peer::Peer,
    person::Person,
};

#[tokio::test]
async fn a_valid_record_is_given_to_others_without_a_publisher() {
    let host = Host::start(config()).await;
    let (mut owner, mut reader) = (Peer::at(&host).await, Peer::at(&host).await);
    let now = clock::wall_clock();
    let presence = Person::new(1).presence(1, now);
    let week = Timestamp::from_minutes(now.as_minutes() + 7 * 24 * 60);
    let inbox = Person::new(1).record(Kind::Inbox, 1, week, now);
    for record in [&presence, &inbox] {
        owner.put(record.clone(), &[&host]).await;
    }
    host.until("both records", |status| status.records == 2).await;
    for record in [&presence, &inbox] {
        let found = reader.find(&record.key).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].peer, Some(host.peer));
        assert_eq!(found[0].record.value, record.value);
        assert_eq!(found[0].record.publisher, None);
    }
    assert_eq!(host.status.borrow().refused, Refused::default());
}

#[tokio::test]
async fn what_is_not_valid_is_not_given_to_anybody() {
    let host = Host::start(config()).await;
    let (mut owner, mut reader) = (Peer::at(&host).await, Peer::at(&host).await);
    let now = clock::wall_clock();

    let named = Person::new(1).presence(1, now);
    // libp2p's own way to put writes the publisher.
    let kad = &mut owner.swarm.behaviour_mut().kad;
    let query = kad.put_record(named.clone(), Quorum::One).unwrap();
    owner.finished(query).await;
    host.until("a named publisher", |status| status.refused.publisher == 1).await;

    let mut unsigned = Person::new(2).presence(1, now);
    unsigned.value[300] ^= 1;
    let mut unstamped = Person::new(3).presence(1, now);
    unstamped.value[48..56].fill(0xa5);
    let old = Timestamp::from_millis(now.as_millis() - 4 * 3_600_000);
    let expired = Person::new(4).presence(1, old);
    let mut foreign = Person::new(5).presence(1, now);
    foreign.key = b"/pk/somebody".to_vec().into();
    let bad = [unsigned, unstamped, expired, foreign];
    for (record, count) in bad.iter().zip(1..) {
        owner.put(record.clone(), &[&host]).await;
        host.until("a refusal", |status| status.refused.invalid == count).await;
    }
    for record in [named].iter().chain(&bad) {
        assert!(reader.find(&record.key).await.is_empty());
    }
    let Status { records, record_bytes, .. } = host.status.borrow().clone();
    assert_eq!((records, record_bytes), (0, 0));
}

#[tokio::test]
async fn an_older_record_changes_nothing() {
    let host = Host::start(config()).await;
    let (mut owner, mut reader) = (Peer::at(&host).await, Peer::at(&host).await);
    let now = clock::wall_clock();
    let [older, newer] = [1, 2].map(|seq| Person::new(1).presence(seq, now));
    owner.put(newer.clone(), &[&host]).await;
    host.until("the newer record", |status| status.records == 1).await;
    owner.put(older.clone(), &[&host]).await;
    host.until("the refusal", |status| status.refused.older == 1).await;
    assert_eq!(reader.find(&newer.key).await[0].record.value, newer.value);
}

#[tokio::test]
async fn providers_are_unknown_here() {
    let host = Host::start(config()).await;
    let mut peer = Peer::at(&host).await;
    let key = Person::new(1).presence(1, clock::wall_clock()).key;
    let query = peer.swarm.behaviour_mut().kad.start_providing(key.clone()).unwrap();
    peer.finished(query).await;
    let mut reader = Peer::at(&host).await;
    let query = reader.swarm.behaviour_mut().kad.get_providers(key);
    let mut providers: Vec<PeerId> = Vec::new();
    reader
        .until("providers", |event| {
            use libp2p::{kad, swarm::SwarmEvent};
            let SwarmEvent::Behaviour(super::peer::BehaviourEvent::Kad(
                kad::Event::OutboundQueryProgressed {
                    id,
                    result: kad::QueryResult::GetProviders(result),
                    step,
                    ..
                },
            )) = event
            else {
                return None;
            };
            if let Ok(kad::GetProvidersOk::FoundProviders { providers: found, .. }) = result {
                providers.extend(found);
            }
            (id == query && step.last).then_some(())
        })
        .await;
    assert_eq!(providers, []);
}
