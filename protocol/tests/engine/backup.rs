//! A backup on a new install: everything is there, nothing comes twice, and everybody talks again.

use std::collections::BTreeMap;

use lowkey_protocol::{
    Command,
    DeliveryState::{Delivered, NotSent, Waiting},
    Misbehaviour, PresenceMode, Reply, RowKey, Standing, Table,
    archive::{Reader, Record, Writer},
    limits,
};

use crate::net::{Net, Who};

/// Makes a backup of somebody.
fn export(net: &Net, who: Who) -> Vec<u8> {
    let person = &net.people[who];
    let mut writer = Writer::new(&person.address);
    person.engine.archive().into_iter().for_each(|record| writer.push(record));
    for ((table, key), row) in &person.rows {
        if *table == Table::History {
            let record = person.engine.archive_message(key, row).unwrap();
            record.into_iter().for_each(|record| writer.push(record));
        }
    }
    writer.finish()
}

/// Takes a backup in, as a driver does; returns how much was new.
fn import(net: &mut Net, who: Who, archive: &[u8]) -> (u32, u32) {
    let reader = Reader::open(archive, &net.people[who].address).unwrap();
    let records: Vec<Record> = reader.collect::<Result<_, _>>().unwrap();
    let mut sum = (0, 0);
    for part in records.chunks(limits::IMPORT_RECORDS) {
        let person = &net.people[who];
        let known = |key: RowKey| person.rows.contains_key(&(Table::History, key));
        let mut part = part.to_vec();
        part.retain(|record| match record {
            Record::Message(message) => !known(person.engine.history_key(message)),
            _ => true,
        });
        match net.command(who, Command::Import(part)) {
            Ok(Reply::Imported { contacts, messages }) => {
                sum = (sum.0 + contacts, sum.1 + messages);
            }
            other => panic!("{other:?}"),
        }
    }
    sum
}

/// The machine of somebody is gone; a new one has their phrase. Person 0 has phrase 0.
fn replace(net: &mut Net, who: Who) -> Who {
    net.leave(who);
    let new = net.join(u8::try_from(who).unwrap(), BTreeMap::new());
    assert_eq!(net.people[new].address, net.people[who].address);
    net.run();
    new
}

/// Nobody takes an acknowledgement for false; a link on which nothing came is no fault.
fn no_rule_is_broken(net: &Net) {
    for person in &net.people {
        let rules = person.misbehaviours();
        assert!(rules.iter().all(|rule| *rule == Misbehaviour::Silent), "{rules:?}");
    }
}

#[test]
fn a_new_install_has_everything_and_both_sides_talk_again() {
    let mut net = Net::with(3, 60);
    let (b, c) = (net.people[1].address, net.people[2].address);
    net.befriend(0, 1);
    for at in 0..200 {
        net.send(0, 1, &format!("to {at}"));
        net.send(1, 0, &format!("from {at}"));
        net.run_for(200);
    }
    let rename = Command::Rename { contact: b, name: Some("Bea".into()) };
    assert!(matches!(net.command(0, rename), Ok(Reply::Done)));
    assert!(matches!(net.command(0, Command::Block(c)), Ok(Reply::Done)));
    assert!(matches!(net.command(0, Command::SetName(Some("Ann".into()))), Ok(Reply::Done)));
    let hide = Command::SetPresence(PresenceMode::Hidden);
    assert!(matches!(net.command(0, hide), Ok(Reply::Done)));
    net.run();
    let (texts, states) = (net.people[0].texts(&b), net.people[0].states(&b));
    assert_eq!(texts.len(), 401);

    let archive = export(&net, 0);
    let new = replace(&mut net, 0);
    assert_eq!(import(&mut net, new, &archive), (2, 401));
    assert_eq!(net.people[new].texts(&b), texts);
    assert_eq!(net.people[new].states(&b), states);
    assert!(net.people[new].history(&b).iter().all(|view| !view.gap_before));
    let view = net.people[new].view(&b).unwrap();
    assert_eq!((view.petname.as_deref(), view.standing), (Some("Bea"), Standing::Contact));
    assert_eq!(net.people[new].view(&c).unwrap().standing, Standing::Blocked);
    // The friend learns the new install by itself, and nothing of the old one comes again.
    net.run_for(limits::RENEW_SPREAD_MS + 60_000);
    assert!(net.people[1].view(&net.people[0].address).unwrap().new_install);
    net.send(1, new, "welcome");
    net.send(new, 1, "here again");
    net.run_for(60_000);
    assert_eq!((net.people[new].shown("welcome"), net.people[1].shown("here again")), (1, 1));
    assert!(net.people[new].states(&b).iter().all(|state| *state == Delivered));
    assert!(net.people[1].states(&net.people[0].address).iter().all(|state| *state == Delivered));
    assert_eq!(net.people[new].texts(&b).len(), 403);
    no_rule_is_broken(&net);
}

#[test]
fn taking_a_backup_twice_changes_nothing() {
    let mut net = Net::with(2, 61);
    let b = net.people[1].address;
    net.befriend(0, 1);
    net.leave(1);
    net.send(0, 1, "waits");
    net.run();
    let archive = export(&net, 0);
    assert_eq!(import(&mut net, 0, &archive), (0, 0));
    let new = replace(&mut net, 0);
    assert_eq!(import(&mut net, new, &archive), (1, 2));
    let rows = net.people[new].rows.clone();
    assert_eq!(import(&mut net, new, &archive), (0, 0));
    assert_eq!(net.people[new].rows, rows);
    net.restart(new);
    assert_eq!(net.people[new].states(&b), [Delivered, Waiting]);
    net.come_back(1);
    net.run_for(60_000);
    assert_eq!(import(&mut net, new, &archive), (0, 0));
    assert_eq!(net.people[new].states(&b), [Delivered, Delivered]);
    assert_eq!(net.people[1].shown("waits"), 1);
}

#[test]
fn what_was_not_acknowledged_arrives_once() {
    let mut net = Net::with(2, 62);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    // The first one came over, but its acknowledgement did not; the second one waits.
    net.send(0, 1, "came over");
    let (who, input) = net.inputs.pop_front().unwrap();
    net.input(who, input);
    net.leave(1);
    net.send(0, 1, "waits");
    net.run();
    assert_eq!(net.people[1].shown("came over"), 1);
    let archive = export(&net, 0);
    let new = replace(&mut net, 0);
    assert_eq!(import(&mut net, new, &archive), (1, 3));
    net.run_for(60_000);
    net.come_back(1);
    net.run_for(30 * 60_000);
    assert_eq!((net.people[1].shown("came over"), net.people[1].shown("waits")), (1, 1));
    assert_eq!(net.people[1].texts(&a), ["may I?", "came over", "waits"]);
    assert_eq!(net.people[new].states(&b), [Delivered; 3]);
    no_rule_is_broken(&net);
}

#[test]
fn an_old_backup_heals_although_much_was_said_after_it() {
    let mut net = Net::with(2, 63);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    net.send(1, 0, "before");
    net.run();
    let archive = export(&net, 0);
    for restart in [false, true] {
        for at in 0..5 {
            net.send(0, 1, &format!("after {restart} {at}"));
            net.send(1, 0, &format!("back {restart} {at}"));
            net.run();
        }
        net.restart(0);
        net.run();
    }
    let new = replace(&mut net, 0);
    assert_eq!(import(&mut net, new, &archive), (1, 2));
    net.run_for(60_000);
    // The friend writes first, on a session that the new install never had.
    for at in 0..20 {
        let (there, here) = (format!("there {at}"), format!("here {at}"));
        net.send(1, new, &there);
        net.send(new, 1, &here);
        // Links break, so that much is sent again.
        net.cut_all(new);
        net.run_for(60_000);
        assert_eq!((net.people[new].shown(&there), net.people[1].shown(&here)), (1, 1), "{at}");
    }
    net.run_for(60 * 60_000);
    assert!(net.people[new].states(&b).iter().all(|state| *state == Delivered));
    assert!(net.people[1].states(&a).iter().all(|state| *state == Delivered));
    no_rule_is_broken(&net);
}

#[test]
fn what_is_here_wins_and_who_is_blocked_stays_so() {
    let mut net = Net::with(4, 64);
    let (b, c) = (net.people[1].address, net.people[2].address);
    net.befriend(0, 1);
    net.befriend(0, 2);
    let archive = export(&net, 0);
    let new = replace(&mut net, 0);
    // Before the backup is taken, one friend is blocked and another one asks.
    assert!(matches!(net.command(new, Command::Block(b)), Ok(Reply::Done)));
    net.send(2, new, "where are you?");
    net.run_for(60_000);
    assert_eq!(net.people[new].view(&c).unwrap().standing, Standing::Request);
    assert_eq!(import(&mut net, new, &archive).0, 1);
    net.run_for(limits::RENEW_SPREAD_MS + 60_000);
    assert_eq!(net.people[new].view(&b).unwrap().standing, Standing::Blocked);
    assert_eq!(net.people[new].view(&c).unwrap().standing, Standing::Contact);
    assert_eq!(net.people[new].texts(&c), ["may I?", "where are you?"]);
    net.send(new, 2, "here");
    net.run();
    assert_eq!(net.people[2].shown("here"), 1);
    net.send(1, new, "silence");
    net.run_for(60_000);
    assert_eq!(net.people[new].shown("silence"), 0);
}

#[test]
fn what_was_given_up_stays_so_until_it_is_tried_again() {
    let mut net = Net::with(2, 65);
    let (a, b) = (net.people[0].address, net.people[1].address);
    net.befriend(0, 1);
    net.leave(1);
    net.send(0, 1, "too late");
    net.run_for(limits::GIVE_UP_MS + 2 * limits::SWEEP_MS);
    assert_eq!(net.people[0].states(&b), [Delivered, NotSent]);
    let archive = export(&net, 0);
    let new = replace(&mut net, 0);
    assert_eq!(import(&mut net, new, &archive), (1, 2));
    net.come_back(1);
    net.run_for(60 * 60_000);
    assert_eq!(net.people[new].states(&b), [Delivered, NotSent]);
    let message = net.people[new].history(&b)[1].id;
    let retry = Command::Retry { contact: b, message };
    assert!(matches!(net.command(new, retry), Ok(Reply::Done)));
    net.run_for(60_000);
    assert_eq!(net.people[1].texts(&a), ["may I?", "too late"]);
    assert_eq!(net.people[new].states(&b), [Delivered, Delivered]);
}

#[test]
fn an_archive_holds_no_secret_of_a_session() {
    let mut net = Net::with(2, 66);
    net.befriend(0, 1);
    net.send(0, 1, "hello");
    net.run();
    let archive = export(&net, 0);
    let records = Reader::open(&archive, &net.people[0].address).unwrap();
    // What an archive has is what its records name: the lengths leave no room for more.
    let mut again = Writer::new(&net.people[0].address);
    records.for_each(|record| again.push(record.unwrap()));
    assert_eq!(again.finish(), archive);
    assert!(archive.len() < 600, "{} bytes", archive.len());
}
