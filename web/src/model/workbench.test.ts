import { expect, test, vi } from 'vitest';
import type { Live, Session } from '../api-types';

vi.stubGlobal('localStorage', { getItem: () => 'en' });
const { workbench } = await import('./workbench.svelte');

test('what the feed has told of a session is newer than the answer to the request that opened it', () => {
  const session = (received_messages: number) => ({ id: 's1', received_messages }) as Session;
  workbench.onLine({ oldest: 1, next: 4, sessions: [session(3)] } as unknown as Live);
  workbench.adopt([session(0), { ...session(0), id: 's2' }]);
  expect([...workbench.sessions.values()].map((s) => [s.id, s.received_messages])).toEqual([
    ['s1', 3],
    ['s2', 0],
  ]);
});
