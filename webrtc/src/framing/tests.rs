use super::*;
use proptest::prelude::*;

const LIMIT: usize = 64 * 1024;

fn bytes(flag: Option<i32>, data: Option<&[u8]>) -> Bytes {
    frame(&Message { flag, message: data.map(Bytes::copy_from_slice) })
}

fn read_all(framing: &mut Framing) -> (Vec<u8>, Read) {
    let mut all = Vec::new();
    let mut buffer = [0; 1000];
    loop {
        match framing.read(&mut buffer) {
            Read::Data(count) => all.extend_from_slice(&buffer[..count]),
            end => return (all, end),
        }
    }
}

fn flags(framing: &mut Framing) -> Vec<Flag> {
    std::iter::from_fn(|| framing.next_flag()).collect()
}

#[test]
fn messages_are_encoded_as_the_specification_says() {
    assert_eq!(&flag_frame(Flag::Fin)[..], b"\x02\x08\x00");
    assert_eq!(&flag_frame(Flag::StopSending)[..], b"\x02\x08\x01");
    assert_eq!(&flag_frame(Flag::ResetStream)[..], b"\x02\x08\x02");
    assert_eq!(&flag_frame(Flag::FinAck)[..], b"\x02\x08\x03");
    assert_eq!(&data_frame(b"hi")[..], b"\x04\x12\x02hi");
}

#[test]
fn the_largest_message_that_is_sent_fills_its_bound() {
    assert_eq!(data_frame(&[7; SENT_DATA_BYTES]).len(), SENT_MESSAGE_BYTES);
}

#[test]
fn both_halves_close_one_after_the_other() {
    let (mut a, mut b) = (Framing::new(LIMIT), Framing::new(LIMIT));
    a.receive(data_frame(b"question")).unwrap();
    b.finish();
    assert_eq!(flags(&mut b), [Flag::Fin]);
    a.receive(flag_frame(Flag::Fin)).unwrap();
    assert_eq!(read_all(&mut a), (b"question".to_vec(), Read::End));
    assert_eq!(flags(&mut a), [Flag::FinAck]);
    assert!(b.is_finishing() && !b.is_over());
    b.receive(flag_frame(Flag::FinAck)).unwrap();
    b.receive(data_frame(b"answer")).unwrap();
    assert!(!b.is_finishing() && !b.is_over());
    a.finish();
    assert_eq!(flags(&mut a), [Flag::Fin]);
    b.receive(flag_frame(Flag::Fin)).unwrap();
    assert_eq!(flags(&mut b), [Flag::FinAck]);
    a.receive(flag_frame(Flag::FinAck)).unwrap();
    assert!(a.is_over() && b.is_over());
    assert_eq!(read_all(&mut b), (b"answer".to_vec(), Read::End));
}

#[test]
fn flags_take_effect_while_data_waits_unread() {
    let mut framing = Framing::new(LIMIT);
    framing.receive(data_frame(b"unread")).unwrap();
    framing.receive(flag_frame(Flag::StopSending)).unwrap();
    assert_eq!(framing.writing(), Write::Stopped);
    framing.finish();
    assert_eq!(flags(&mut framing), [Flag::Fin]);
    assert!(!framing.is_finishing(), "who reads no more need not acknowledge");
    assert_eq!(read_all(&mut framing), (b"unread".to_vec(), Read::Nothing));
}

#[test]
fn a_flag_and_data_in_one_message_count_both() {
    let mut framing = Framing::new(LIMIT);
    framing.receive(bytes(Some(0), Some(b"last"))).unwrap();
    assert_eq!(read_all(&mut framing), (b"last".to_vec(), Read::End));
}

#[test]
fn data_after_the_end_is_not_read() {
    let mut framing = Framing::new(LIMIT);
    framing.receive(flag_frame(Flag::Fin)).unwrap();
    framing.receive(data_frame(b"late")).unwrap();
    assert_eq!(read_all(&mut framing), (Vec::new(), Read::End));
}

#[test]
fn an_end_is_acknowledged_once_however_often_it_comes() {
    let mut framing = Framing::new(LIMIT);
    for _ in 0..1000 {
        framing.receive(flag_frame(Flag::Fin)).unwrap();
    }
    assert_eq!(flags(&mut framing), [Flag::FinAck]);
}

#[test]
fn an_end_is_acknowledged_also_by_who_reads_no_more() {
    let mut framing = Framing::new(LIMIT);
    framing.stop_reading();
    framing.receive(data_frame(b"unwanted")).unwrap();
    framing.receive(flag_frame(Flag::Fin)).unwrap();
    assert_eq!(flags(&mut framing), [Flag::StopSending, Flag::FinAck]);
    assert_eq!(framing.unread_cost(), 0);
}

#[test]
fn a_reset_of_the_remote_ends_both_halves() {
    let mut framing = Framing::new(LIMIT);
    framing.receive(data_frame(b"lost")).unwrap();
    framing.receive(flag_frame(Flag::ResetStream)).unwrap();
    assert_eq!(read_all(&mut framing), (Vec::new(), Read::Reset));
    assert_eq!(framing.writing(), Write::Reset);
    assert!(framing.is_over());
}

#[test]
fn a_dropped_stream_is_reset_unless_it_was_closed() {
    let mut open = Framing::new(LIMIT);
    open.abandon();
    assert_eq!(flags(&mut open), [Flag::ResetStream]);
    assert!(open.is_over());

    let mut closed = Framing::new(LIMIT);
    closed.finish();
    closed.abandon();
    assert_eq!(flags(&mut closed), [Flag::Fin, Flag::StopSending]);
    assert!(!closed.is_over(), "it still waits for the acknowledgement");
    closed.receive(flag_frame(Flag::FinAck)).unwrap();
    assert!(closed.is_over());
}

#[test]
fn a_channel_that_closes_early_is_no_end_of_the_data() {
    let mut framing = Framing::new(LIMIT);
    framing.receive(data_frame(b"half")).unwrap();
    framing.channel_closed();
    assert_eq!(read_all(&mut framing), (b"half".to_vec(), Read::Reset));
    assert_eq!(framing.writing(), Write::Reset);
}

#[test]
fn a_channel_that_closes_after_our_end_acknowledges_it() {
    let mut framing = Framing::new(LIMIT);
    framing.finish();
    framing.channel_closed();
    assert!(!framing.is_finishing());
    assert_eq!(framing.writing(), Write::Closed);
}

#[test]
fn flags_of_a_later_specification_are_ignored() {
    let mut framing = Framing::new(LIMIT);
    framing.receive(bytes(Some(17), Some(b"data"))).unwrap();
    assert_eq!(read_all(&mut framing), (b"data".to_vec(), Read::Nothing));
}

#[test]
fn a_flood_is_refused_when_nobody_reads() {
    let mut large = Framing::new(LIMIT);
    let frame = data_frame(&[1; SENT_DATA_BYTES]);
    let taken = (0..100).take_while(|_| large.receive(frame.clone()).is_ok()).count();
    assert_eq!(taken, LIMIT / (SENT_DATA_BYTES + PIECE_COST));

    let mut tiny = Framing::new(LIMIT);
    let taken = (0..10_000).take_while(|_| tiny.receive(data_frame(b"x")).is_ok()).count();
    assert_eq!(taken, LIMIT / (1 + PIECE_COST));
    assert_eq!(tiny.receive(data_frame(b"x")), Err(FramingError::Unread { limit: LIMIT }));
}

#[test]
fn messages_that_are_too_long_or_no_protobuf_are_refused() {
    let mut framing = Framing::new(LIMIT);
    let long = bytes(None, Some(&[0; RECEIVED_MESSAGE_BYTES]));
    assert!(matches!(framing.receive(long), Err(FramingError::Delimit(_))));
    let mut framing = Framing::new(LIMIT);
    let longest = bytes(None, Some(&[0; RECEIVED_MESSAGE_BYTES - 4]));
    assert_eq!(framing.receive(longest), Ok(()));
    let mut framing = Framing::new(LIMIT);
    let garbage = Bytes::from_static(b"\x03\xff\xff\xff");
    assert_eq!(framing.receive(garbage), Err(FramingError::Malformed));
}

/// What either side of a stream may do next.
#[derive(Clone, Debug)]
enum Step {
    Write(Vec<u8>),
    Finish,
    StopReading,
    Abandon,
    Deliver,
    Read(usize),
}

fn step() -> impl Strategy<Value = (bool, Step)> {
    let step = prop_oneof![
        6 => prop::collection::vec(any::<u8>(), 1..50).prop_map(Step::Write),
        1 => Just(Step::Finish),
        1 => Just(Step::StopReading),
        1 => Just(Step::Abandon),
        8 => Just(Step::Deliver),
        4 => (1usize..80).prop_map(Step::Read),
    ];
    (any::<bool>(), step)
}

/// One side, what it wrote, what it read, and what is on its way to the other.
struct Side {
    framing: Framing,
    written: Vec<u8>,
    read: Vec<u8>,
    stopped: bool,
    wire: VecDeque<Bytes>,
}

impl Side {
    fn new() -> Self {
        Self {
            framing: Framing::new(LIMIT),
            written: Vec::new(),
            read: Vec::new(),
            stopped: false,
            wire: VecDeque::new(),
        }
    }

    fn pump(&mut self) {
        while let Some(flag) = self.framing.next_flag() {
            self.wire.push_back(flag_frame(flag));
        }
    }

    fn run(&mut self, other: &mut Self, step: Step) {
        self.stopped |= matches!(step, Step::StopReading | Step::Abandon);
        match step {
            Step::Write(data) if self.framing.writing() == Write::Open => {
                self.wire.push_back(data_frame(&data));
                self.written.extend(data);
            }
            Step::Write(_) => {}
            Step::Finish => self.framing.finish(),
            Step::StopReading => self.framing.stop_reading(),
            Step::Abandon => self.framing.abandon(),
            Step::Deliver => {
                if let Some(message) = other.wire.pop_front() {
                    self.framing.receive(message).unwrap();
                }
            }
            Step::Read(room) => {
                let mut buffer = vec![0; room];
                match self.framing.read(&mut buffer) {
                    Read::Data(count) => self.read.extend_from_slice(&buffer[..count]),
                    Read::End | Read::Nothing | Read::Reset => {}
                }
            }
        }
        self.pump();
    }
}

proptest! {
    #[test]
    fn what_is_read_is_what_was_written(steps in prop::collection::vec(step(), 0..200)) {
        let (mut a, mut b) = (Side::new(), Side::new());
        for (first, step) in steps {
            if first { a.run(&mut b, step) } else { b.run(&mut a, step) }
            prop_assert!(b.written.starts_with(&a.read));
            prop_assert!(a.written.starts_with(&b.read));
        }
        // All is delivered at last; then both sides close.
        let deliver_all = |a: &mut Side, b: &mut Side| {
            while !a.wire.is_empty() || !b.wire.is_empty() {
                a.run(b, Step::Deliver);
                b.run(a, Step::Deliver);
            }
        };
        a.run(&mut b, Step::Finish);
        b.run(&mut a, Step::Finish);
        deliver_all(&mut a, &mut b);
        prop_assert!(!a.framing.is_finishing() && !b.framing.is_finishing());
        prop_assert!(a.framing.is_over() && b.framing.is_over());
        let check_end = |reader: &mut Side, writer: &Side| {
            let (rest, end) = read_all(&mut reader.framing);
            reader.read.extend(rest);
            let whole = reader.framing.reading == Reading::Finished;
            !whole || reader.stopped || end == Read::End && reader.read == writer.written
        };
        prop_assert!(check_end(&mut a, &b));
        prop_assert!(check_end(&mut b, &a));
    }

    #[test]
    fn no_bytes_panic_or_are_kept_without_bound(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..40),
    ) {
        let mut framing = Framing::new(1000);
        for part in parts {
            if framing.receive(part.into()).is_err() {
                break;
            }
            prop_assert!(framing.unread_cost() <= 1000);
            prop_assert!(framing.flags.len() <= 2);
        }
    }

    #[test]
    fn well_formed_messages_in_any_order_do_no_harm(
        messages in prop::collection::vec(
            (prop::option::of(-1i32..6), prop::option::of(prop::collection::vec(any::<u8>(), 0..60))),
            0..60,
        ),
    ) {
        let mut framing = Framing::new(1000);
        for (flag, data) in messages {
            let result = framing.receive(bytes(flag, data.as_deref()));
            let refused = matches!(result, Err(FramingError::Unread { .. }));
            prop_assert!(result.is_ok() || refused);
            prop_assert!(framing.unread_cost() <= 1000);
            prop_assert!(framing.flags.len() <= 2);
            framing.read(&mut [0; 50]);
        }
    }
}
