//! Relays find each other, and stay together.

use lowkey_network::clock;
use lowkey_relay::Config;

use super::{
    host::{Host, config},
    peer::Peer,
    person::Person,
};

async fn joining(bootstrap: &[String]) -> Host {
    let bootstrap = bootstrap.iter().map(|text| text.parse().unwrap()).collect();
    Host::start(Config { bootstrap, ..config() }).await
}

/// Waits until two relays have each other in the routing table and tell pages so.
async fn together(a: &Host, b: &Host) {
    for (host, other) in [(a, b), (b, a)] {
        host.until("the other relay", |status| {
            status.relays.contains(&other.address) && status.routing_table >= 1
        })
        .await;
    }
}

#[tokio::test]
async fn relays_join_by_page_and_by_address_and_hold_the_same_records() {
    let first = Host::start(config()).await;
    let by_page = joining(&[first.url()]).await;
    together(&first, &by_page).await;
    let by_address = joining(&[first.address.to_string()]).await;
    together(&first, &by_address).await;
    let told = first.node_json().await["relays"].to_string();
    for other in [&by_page, &by_address] {
        assert!(told.contains(&other.address.to_string()), "{told}");
    }

    // A peer that knows the first one alone finds them all, as our peers do before they put.
    let mut peer = Peer::at(&first).await;
    let record = Person::new(1).presence(1, clock::wall_clock());
    let kad = &mut peer.swarm.behaviour_mut().kad;
    let closest = kad.get_closest_peers(record.key.to_vec());
    let found = peer
        .until("the closest relays", |event| {
            use libp2p::{kad, swarm::SwarmEvent};
            match event {
                SwarmEvent::Behaviour(super::peer::BehaviourEvent::Kad(
                    kad::Event::OutboundQueryProgressed {
                        id,
                        result: kad::QueryResult::GetClosestPeers(result),
                        step,
                        ..
                    },
                )) if id == closest && step.last => Some(result.unwrap().peers),
                _ => None,
            }
        })
        .await;
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|peer| (1..=4).contains(&peer.addrs.len())), "{found:?}");
    peer.put(record.clone(), &[&first, &by_page, &by_address]).await;
    for host in [&first, &by_page, &by_address] {
        host.until("the record", |status| status.records == 1).await;
    }
    let mut reader = Peer::at(&by_page).await;
    assert!(!reader.find(&record.key).await.is_empty());
}

#[tokio::test]
async fn relays_that_named_the_same_one_meet() {
    let first = Host::start(config()).await;
    let second = joining(&[first.url()]).await;
    together(&first, &second).await;
    let third = joining(&[first.url()]).await;
    together(&second, &third).await;
}

#[tokio::test]
async fn a_relay_that_comes_back_is_joined_again() {
    let first = Host::start(config()).await;
    let (at, peer) = (first.at, first.peer);
    let second = joining(&[first.url()]).await;
    together(&first, &second).await;
    let data = first.kill().await;
    second
        .until("the loss", |status| (status.connected_relays, status.routing_table) == (0, 0))
        .await;
    let first = Host::start_with(Config { listen: at, ..config() }, data).await;
    assert_eq!(first.peer, peer, "the key stayed in the data folder");
    together(&first, &second).await;
}

#[tokio::test]
async fn a_relay_that_comes_back_with_another_key_is_joined_again() {
    let first = Host::start(config()).await;
    let at = first.at;
    let second = joining(&[first.url()]).await;
    together(&first, &second).await;
    first.kill().await;
    let first = Host::start(Config { listen: at, ..config() }).await;
    together(&first, &second).await;
}

#[tokio::test]
async fn a_page_that_is_not_there_yet_is_asked_until_it_is() {
    let holder = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = holder.local_addr().unwrap();
    let second = joining(&[format!("http://{at}")]).await;
    // The first question finds a port that closes every connection.
    let (connection, _) = holder.accept().await.unwrap();
    drop((connection, holder));
    let first = Host::start(Config { listen: at, ..config() }).await;
    together(&first, &second).await;
}
