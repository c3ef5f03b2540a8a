//! A data channel of a browser.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use js_sys::{ArrayBuffer, Uint8Array};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, MessageEvent, RtcDataChannel, RtcDataChannelState, RtcDataChannelType};

use crate::{
    backend::{HIGH_WATER, LOW_WATER},
    stream::Inlet,
};

/// The channel is closed.
#[derive(Debug)]
pub(crate) struct ChannelClosed;

/// A data channel that reports to an inlet, until it is closed or dropped.
#[derive(Debug)]
pub(crate) struct Channel(SendWrapper<Inner>);

#[derive(Debug)]
struct Inner {
    channel: RtcDataChannel,
    // Called by the browser as long as they are set on the channel.
    _on_state: Closure<dyn FnMut(Event)>,
    _on_low: Closure<dyn FnMut(Event)>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Channel {
    /// Takes a channel, in the same turn in which the browser gave it: messages may follow at once.
    pub(super) fn new(channel: RtcDataChannel, inlet: &Arc<Inlet>) -> Self {
        channel.set_binary_type(RtcDataChannelType::Arraybuffer);
        channel.set_buffered_amount_low_threshold(u32::try_from(LOW_WATER).unwrap_or(u32::MAX));
        let on_state = Closure::<dyn FnMut(Event)>::new({
            let (channel, inlet) = (channel.clone(), Arc::clone(inlet));
            move |_| match channel.ready_state() {
                RtcDataChannelState::Connecting => {}
                RtcDataChannelState::Open => inlet.opened(),
                _ => inlet.closed(),
            }
        });
        let on_low = Closure::<dyn FnMut(Event)>::new({
            let inlet = Arc::clone(inlet);
            move |_| inlet.drained()
        });
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new({
            let inlet = Arc::clone(inlet);
            move |event: MessageEvent| match event.data().dyn_into::<ArrayBuffer>() {
                Ok(buffer) => inlet.received(Bytes::from(Uint8Array::new(&buffer).to_vec())),
                // Text is nothing of the specification.
                Err(_) => inlet.closed(),
            }
        });
        let state = on_state.as_ref().unchecked_ref();
        channel.set_onopen(Some(state));
        channel.set_onclose(Some(state));
        channel.set_onbufferedamountlow(Some(on_low.as_ref().unchecked_ref()));
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        if channel.ready_state() == RtcDataChannelState::Open {
            inlet.opened();
        }
        Self(SendWrapper::new(Inner {
            channel,
            _on_state: on_state,
            _on_low: on_low,
            _on_message: on_message,
        }))
    }

    /// Sends a message.
    pub(crate) fn send(&self, message: Bytes) -> Result<(), ChannelClosed> {
        self.0.channel.send_with_u8_array(&message).map_err(|_| ChannelClosed)
    }

    /// Waits until more may be sent.
    pub(crate) fn poll_ready(&self, cx: &Context<'_>, inlet: &Inlet) -> Poll<()> {
        if self.buffered() < HIGH_WATER || self.is_closed() {
            return Poll::Ready(());
        }
        inlet.wake_when_drained(cx);
        Poll::Pending
    }

    /// Waits until all has left.
    pub(crate) fn poll_drained(&self, cx: &Context<'_>, inlet: &Inlet) -> Poll<()> {
        if self.buffered() == 0 || self.is_closed() {
            return Poll::Ready(());
        }
        self.0.channel.set_buffered_amount_low_threshold(0);
        inlet.wake_when_drained(cx);
        Poll::Pending
    }

    /// Whether the remote should close the channel: a browser may do it as well.
    #[allow(clippy::unused_self, reason = "the native one depends on the channel")]
    pub(crate) fn is_left_to_remote(&self) -> bool {
        false
    }

    /// Closes the channel; nothing is reported any more.
    pub(crate) fn close(&self) {
        let channel = &self.0.channel;
        channel.set_onopen(None);
        channel.set_onclose(None);
        channel.set_onbufferedamountlow(None);
        channel.set_onmessage(None);
        channel.close();
    }

    fn buffered(&self) -> usize {
        usize::try_from(self.0.channel.buffered_amount()).unwrap_or(usize::MAX)
    }

    fn is_closed(&self) -> bool {
        let state = self.0.channel.ready_state();
        state != RtcDataChannelState::Open && state != RtcDataChannelState::Connecting
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.close();
    }
}
