import { channel } from 'node:diagnostics_channel';

/** Held here: a channel without a reference is collected together with its subscribers. */
const open = (name: string) => channel(`twenty-crm-native:${name}`);

const channels = Object.freeze({
  requestStart: open('request:start'),
  requestEnd: open('request:end'),
  retry: open('retry'),
  throttle: open('throttle'),
  upsert: Object.freeze({ start: open('upsert:start'), end: open('upsert:end') }),
  find: Object.freeze({ start: open('find:start'), end: open('find:end') }),
  delete: Object.freeze({ start: open('delete:start'), end: open('delete:end') }),
  bulk: Object.freeze({ start: open('bulk:start'), end: open('bulk:end') }),
});

/** Events that the core sends, with the bits of `EventKind` in `src/core/http/observer.rs`. */
const REQUEST_START = 1;
const REQUEST_END = 2;
const RETRY = 4;
const THROTTLE = 8;
/** A call of a client has failed for good; only its log gets this. */
const FAILURE = 16;

/** Node does not report new subscribers, so this is checked at every call. */
function watchedByChannels() {
  return (
    (channels.requestStart.hasSubscribers ? REQUEST_START : 0) |
    (channels.requestEnd.hasSubscribers ? REQUEST_END : 0) |
    (channels.retry.hasSubscribers ? RETRY : 0) |
    (channels.throttle.hasSubscribers ? THROTTLE : 0)
  );
}

export { channels, FAILURE, REQUEST_END, REQUEST_START, RETRY, THROTTLE, watchedByChannels };
