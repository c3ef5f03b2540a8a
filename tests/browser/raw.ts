/** A data channel between two pages with nothing on top: what every stream of ours is measured against. */
import type { Page } from 'puppeteer-core';

/** What is sent in one message. */
const MESSAGE = 16 * 1024;

export class RawChannel {
  readonly #one: Page;

  private constructor(one: Page) {
    this.#one = one;
  }

  /** Connects two pages; the test carries offer and answer over. */
  static async between(one: Page, other: Page): Promise<RawChannel> {
    const offer = await one.evaluate(async () => {
      const connection = new RTCPeerConnection();
      const channel = connection.createDataChannel('raw');
      channel.binaryType = 'arraybuffer';
      Reflect.set(window, 'raw', { connection, channel });
      await connection.setLocalDescription();
      while (connection.iceGatheringState !== 'complete') {
        await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve, { once: true }));
      }
      return connection.localDescription?.sdp ?? '';
    });
    const answer = await other.evaluate(async (sdp) => {
      const connection = new RTCPeerConnection();
      Reflect.set(window, 'raw', connection);
      connection.addEventListener('datachannel', ({ channel }) => {
        channel.binaryType = 'arraybuffer';
        let expected = 0;
        let received = 0;
        // A text announces so many bytes; short messages come back at once.
        channel.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
          if (typeof data === 'string') {
            expected = Number(data);
            received = 0;
          } else if (data.byteLength <= 64) {
            channel.send(data);
          } else {
            received += data.byteLength;
            if (received === expected) channel.send('done');
          }
        });
      });
      await connection.setRemoteDescription({ type: 'offer', sdp });
      await connection.setLocalDescription();
      while (connection.iceGatheringState !== 'complete') {
        await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve, { once: true }));
      }
      return connection.localDescription?.sdp ?? '';
    }, offer);
    await one.evaluate(async (sdp) => {
      const { connection, channel }: { connection: RTCPeerConnection; channel: RTCDataChannel } = Reflect.get(window, 'raw');
      const open = new Promise((resolve) => channel.addEventListener('open', resolve, { once: true }));
      await connection.setRemoteDescription({ type: 'answer', sdp });
      await open;
    }, answer);
    return new RawChannel(one);
  }

  /** Sends so many bytes; returns the milliseconds until the other page has said that it has them all. */
  upload(bytes: number): Promise<number> {
    return this.#one.evaluate(
      async (bytes, size) => {
        const { channel }: { channel: RTCDataChannel } = Reflect.get(window, 'raw');
        const done = new Promise((resolve) => channel.addEventListener('message', resolve, { once: true }));
        channel.bufferedAmountLowThreshold = 1 << 20;
        const message = new Uint8Array(size);
        const begin = performance.now();
        channel.send(String(bytes));
        for (let sent = 0; sent < bytes; sent += size) {
          if (channel.bufferedAmount > 4 << 20) {
            await new Promise((resolve) => channel.addEventListener('bufferedamountlow', resolve, { once: true }));
          }
          channel.send(message);
        }
        await done;
        return performance.now() - begin;
      },
      bytes,
      MESSAGE,
    );
  }

  /** Returns the milliseconds of so many round trips of 64 bytes. */
  trips(count: number): Promise<number[]> {
    return this.#one.evaluate(async (count) => {
      const { channel }: { channel: RTCDataChannel } = Reflect.get(window, 'raw');
      const times: number[] = [];
      for (let number = 0; number < count; number += 1) {
        const back = new Promise((resolve) => channel.addEventListener('message', resolve, { once: true }));
        const begin = performance.now();
        channel.send(new Uint8Array(64));
        await back;
        times.push(performance.now() - begin);
      }
      return times;
    }, count);
  }
}
