import { expect, test, vi } from 'vitest';
import { Matches, mostMatches } from './matches.svelte';

// A record in which every event is a match.
const end = mostMatches + 300;
vi.mock('../link/api', () => ({ failureOf: (e: unknown) => e }));
vi.mock('../link/events', () => ({
  events: async (_: object, from: number, limit: number) => {
    const to = Math.min(end, Math.max(1, from) + limit);
    return { events: Array.from({ length: to - Math.max(1, from) }, (_, i) => ({ seq: Math.max(1, from) + i })), scanned_to: to, done: to === end };
  },
}));

test('of too many matches the first are kept, and the search ends', async () => {
  const matches = new Matches('first', { text: 'a' });
  await matches.lookOn(1);
  expect([matches.found[0], matches.found.at(-1), matches.more]).toEqual([1, mostMatches, true]);
});

test('of too many matches the latest are kept, and those that come are found', async () => {
  const matches = new Matches('latest', { text: 'a' });
  await Promise.all([matches.lookOn(1), matches.lookOn(1)]);
  expect([matches.found[0], matches.found.at(-1), matches.more]).toEqual([300, end - 1, false]);
  expect(matches.numberOf(end - 1)).toBe(mostMatches);
});
