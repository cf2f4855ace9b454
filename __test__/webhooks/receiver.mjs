// A webhook receiver next to a simulator: receives its deliveries and verifies them.
import { once } from 'node:events';
import { after, before, beforeEach } from 'node:test';
import { verifyTwentyWebhook } from '../../index.mjs';
import { useSim } from '../helpers/crm.mjs';
import { WebhookListener } from '../sim/webhook-listener.mjs';
import { SECRET } from './deliveries.mjs';

/** @param {import('../helpers/sim.mjs').SimOptions} [simOptions] */
export function useReceiver(simOptions) {
  const crm = useSim(simOptions);
  /** @type {any} */
  let listener;
  let taken = 0;
  // One for each test: deliveries of an earlier test may arrive late.
  let path = '/0';
  const own = () => listener.deliveries.filter((/** @type {any} */ one) => one.path === path);
  before(async () => {
    listener = await WebhookListener.start();
  });
  after(() => listener.stop());
  beforeEach(async () => {
    taken = 0;
    path = `/${Number(path.slice(1)) + 1}`;
    const targetUrl = `http://${listener.address}${path}`;
    await crm.client().post('/rest/webhooks', { targetUrl, operations: ['*.*'], secret: SECRET });
  });

  /**
   * A change by somebody else: to mappings, a person in the user interface and another program are the same.
   * @param {'post' | 'patch' | 'delete'} method @param {string} path @param {unknown} [body]
   */
  async function byOther(method, path, body) {
    const client = crm.client();
    return method === 'delete' ? client.delete(path) : client[method](path, body ?? {});
  }

  return {
    crm,
    byOther,
    /** The next deliveries, verified. @param {number} count @returns {Promise<any[]>} */
    async events(count) {
      while (own().length < taken + count) await once(listener, 'delivery');
      const deliveries = own().slice(taken, taken + count);
      taken += count;
      return deliveries.map((/** @type {any} */ { headers, text }) =>
        verifyTwentyWebhook({
          secret: SECRET,
          headers,
          rawBody: text,
          now: Number(headers['x-twenty-webhook-timestamp']),
        }),
      );
    },
    /** Number of deliveries that were not taken. */
    get waiting() {
      return own().length - taken;
    },
  };
}
