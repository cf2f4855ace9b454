import type { Dispatcher } from '../../native.js';
import { call, callNow } from '../dispatcher.js';
import { TwentyCrmApiError } from '../errors.js';

async function ask<T>(start: (dispatcher: Dispatcher, id: number) => void): Promise<T> {
  const answer = await call((dispatcher, id) => start(dispatcher, id), undefined);
  if (answer.ok) return JSON.parse(answer.text);
  throw new TwentyCrmApiError(answer.error);
}

export { ask, callNow as construct };
