/** Chance that repeats itself: the same seed makes the same choices. */

/**
 * @param {number} seed
 * @return {Object} `below(n)` a whole number, `flip(p)` true with probability p, `pick(list)`, `some(list, count)`.
 */
function chance(seed) {
  let state = seed >>> 0;
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(next() * count);
  const some = (list, count) => {
    const rest = [...list];
    return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(below(rest.length), 1)[0]);
  };
  return { below, flip: (probability) => next() < probability, pick: (list) => list[below(list.length)], some };
}

module.exports = { chance };
