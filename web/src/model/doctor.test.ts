import { describe, expect, it } from 'vitest';
import type { ErrorLine, Peer, Session } from '../api-types';
import { questionOf, silenceOf } from './doctor';

const since = '2026-11-30T00:00:00Z';
const after = (seconds: number) => Date.parse(since) + 1000 * seconds;
const session = (more: Partial<Session>) => ({ id: 's1', mode: 'listen', state: 'open', since, received_bytes: 0, locals: [':10000'], ...more }) as Session;
const peer = (more: Partial<Peer>) => ({ id: 1, since, ...more }) as Peer;

describe('the doctor is offered', () => {
  it('when nobody has come for a while', () => {
    expect(silenceOf(session({}), [], after(2))).toBe('');
    expect(silenceOf(session({}), [], after(9))).toBe('nobody');
    expect(silenceOf(session({ received_bytes: 5 }), [], after(9))).toBe('');
    expect(silenceOf(session({ mode: 'connect', received_bytes: 5 }), [], after(9))).toBe('nobody');
  });
  it('when nothing came of those who are there', () => {
    expect(silenceOf(session({}), [peer({ since: '2026-11-30T00:00:08Z' })], after(9))).toBe('');
    expect(silenceOf(session({}), [peer({})], after(9))).toBe('nothing');
    expect(silenceOf(session({ received_bytes: 1 }), [peer({})], after(9))).toBe('');
    expect(silenceOf(session({ received_bytes: 1 }), [peer({ not_reading_for_ms: 3000 })], after(9))).toBe('nothing');
  });
  it('when the network failed it, and not when it was typed wrong', () => {
    const form = { address: 'tcp://10.0.0.9:7000', mode: 'connect', ip: true };
    const fault = (kind: string): ErrorLine => ({ kind, message: 'x' });
    expect(questionOf([], undefined, form)).toBeUndefined();
    expect(questionOf([fault('invalid')], undefined, form)).toBeUndefined();
    expect(questionOf([fault('refused')], undefined, form)).toEqual({ address: 'tcp://10.0.0.9:7000' });
    expect(questionOf([fault('address-in-use')], undefined, { ...form, mode: 'listen' })).toEqual({ address: 'tcp://10.0.0.9:7000', listen: true });
    expect(questionOf([fault('access-denied')], undefined, { ...form, ip: false })).toBeUndefined();
    expect(questionOf([], session({ error: fault('timed-out') }), form)).toEqual({ session: 's1' });
  });
});
