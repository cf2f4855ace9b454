// Medians, and ratios within a round, which stay valid while the load of the machine changes.

/** @typedef {import('./measurement.mjs').Sample} Sample */
/** @typedef {(sample: Sample) => number | undefined} Figure */

/** @param {(number | undefined)[]} values */
export function median(values) {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (known.length === 0) return undefined;
  const middle = known.length >> 1;
  return known.length % 2 === 1 ? known[middle] : (known[middle - 1] + known[middle]) / 2;
}

/** @type {Record<string, Figure>} */
export const figures = {
  perSecond: ({ units, wallMs }) => (units * 1000) / wallMs,
  cpuUs: ({ cpuMs, units }) => (typeof cpuMs === 'number' ? (cpuMs * 1000) / units : undefined),
  mainUs: ({ mainMs, units }) => (mainMs === undefined ? undefined : (mainMs * 1000) / units),
  delayP50: ({ delayMs }) => delayMs?.p50,
  delayP99: ({ delayMs }) => delayMs?.p99,
  delayMax: ({ delayMs }) => delayMs?.max,
  peakRssMb: ({ peakRssMb }) => peakRssMb ?? undefined,
  grownMb: ({ grownMb }) => grownMb,
  requests: ({ requests }) => requests,
  writes: ({ writes }) => writes,
};

/** All samples of one scenario: from contender to samples in the order of the rounds. */
export class Samples {
  /** @type {Map<string, Sample[]>} */
  #byContender = new Map();

  /** @param {string} contender @param {Sample} sample */
  add(contender, sample) {
    const known = this.#byContender.get(contender);
    if (known) known.push(sample);
    else this.#byContender.set(contender, [sample]);
  }

  contenders() {
    return [...this.#byContender.keys()];
  }

  /** @param {string} contender @param {Figure} figure */
  median(contender, figure) {
    return median((this.#byContender.get(contender) ?? []).map(figure));
  }

  /**
   * Median over the rounds of the ratio of two contenders' figures.
   * @param {string} contender
   * @param {string} other
   * @param {Figure} figure
   */
  ratio(contender, other, figure) {
    const others = this.#byContender.get(other) ?? [];
    const ratios = (this.#byContender.get(contender) ?? []).map((sample, round) => {
      const above = figure(sample);
      const below = others[round] && figure(others[round]);
      return above === undefined || !below ? undefined : above / below;
    });
    return median(ratios);
  }

  toJSON() {
    return Object.fromEntries(this.#byContender);
  }
}
