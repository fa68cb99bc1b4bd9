import { describe, expect, it, vi } from 'vitest';
import type { EventComment } from '../api-types';

vi.stubGlobal('localStorage', { getItem: () => 'en' });
const { comments } = await import('./comments.svelte');
const { beside } = await import('./commenting');

const on = (seq: number, text: string, session = 's1'): EventComment => ({ seq, session, kind: 'received', text });

describe('comments', () => {
  it('are those told of last', () => {
    comments.clear();
    comments.apply([on(3, 'c'), on(1, 'a'), on(2, 'b', 's2')]);
    comments.apply([on(1, 'A'), on(3, '')]);
    expect(comments.at('s1', 1)).toBe('A');
    expect(comments.at('s1', 3)).toBe('');
    expect(comments.at(undefined, undefined)).toBe('');
    expect(comments.list('s1,s2', 1).map((c) => c.text)).toEqual(['A', 'b']);
    expect(comments.list('s1,s2', 2).map((c) => c.text)).toEqual(['b']);
  });

  it('are gone through in a circle', () => {
    const list = [on(3, 'a'), on(7, 'b')];
    const to = (seq: number, by: 1 | -1) => beside(list, seq, by)?.seq;
    expect([to(0, 1), to(3, 1), to(7, 1), to(5, 1)]).toEqual([3, 7, 3, 7]);
    expect([to(0, -1), to(7, -1), to(3, -1), to(5, -1)]).toEqual([7, 3, 7, 3]);
    expect(beside([], 1, 1)).toBeUndefined();
  });
});
