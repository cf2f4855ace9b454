/** The work grows with the square of a name's length. */
const COMPARED = 64;

/** Names further apart than this are not suggested: the suggestion would look like a finding. */
const FARTHEST = 0.37;

function distance(one: string, other: string) {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, n) => n);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const cost = one[i - 1] === other[j - 1] ? 0 : 1;
      let best = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        best = Math.min(best, beforeLast[j - 2] + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[other.length];
}

/** Names further apart than this count as intended, and are not refused. */
const FARTHEST_SLIP = 0.3;

const simplify = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** `company_external_id` has the words of `Company ID`. */
function hasWords(candidate: string, name: string) {
  const words = name.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const has = new Set(candidate.toLowerCase().split(/[_.]/));
  return words.length > 1 && words.every((word) => has.has(word));
}

function nearest(name: string, known: readonly string[]) {
  const given = simplify(name).slice(0, COMPARED);
  let best: string | undefined;
  let bestScore = FARTHEST;
  for (const candidate of known) {
    const word = simplify(candidate);
    const isPart =
      given.length > 2 &&
      (given.includes(word) || word.includes(given) || hasWords(candidate, name));
    const score = distance(given, word) / Math.max(given.length, word.length) - (isPart ? 0.5 : 0);
    if (score < bestScore) {
      bestScore = score;
      best = candidate;
    }
  }
  return best;
}

function slipOf(name: string, known: readonly string[]) {
  const given = simplify(name).slice(0, COMPARED);
  return known.find((candidate) => {
    const word = simplify(candidate);
    return distance(given, word) <= FARTHEST_SLIP * Math.max(given.length, word.length);
  });
}

export { nearest, slipOf };
