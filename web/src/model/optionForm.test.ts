import { expect, test } from 'vitest';
import { inputsOf, optionsOf, optionValues, savedOptions } from './optionForm';

test('an endpoint has the options of its scheme and side', () => {
  const names = (scheme: string, mode: 'listen' | 'connect') => optionsOf(scheme, mode).map((o) => o.name);
  expect(names('tcp', 'listen')).toContain('backlog');
  expect(names('tcp', 'connect')).not.toContain('backlog');
  expect(names('udp', 'listen')).not.toContain('no-delay');
  expect(names('udp', 'connect')).toContain('kernel-time');
  expect(names('tcp', 'connect')).not.toContain('reconnect'); // the form has a field for it
});

test('what was typed is asked for, and nothing else', () => {
  const typed = { 'no-delay': 'off', 'receive-buffer': '4096', 'idle-timeout': '1m30s', 'over-cap': 'pause', prefer: '6', 'max-peers': 'many', backlog: ' ', 'kernel-time': 'on' };
  expect(optionValues(typed, 'tcp', 'listen')).toEqual({ no_delay: false, receive_buffer: 4096, idle_timeout: '1m30s', over_cap: 'pause', max_peers: 'many' });
  expect(optionValues(typed, 'tcp', 'connect')).toEqual({ no_delay: false, receive_buffer: 4096, idle_timeout: '1m30s', prefer: 6 });
});

test('a session fills in what would have been typed', () => {
  expect(inputsOf({ no_delay: false, idle_timeout_ms: 90_000, connect_timeout_ms: 1500, prefer: 6, half_open_ms: 5, source: ['::1'] })).toEqual({
    'no-delay': 'off',
    'idle-timeout': '90s',
    'connect-timeout': '1500ms',
    prefer: '6',
  });
});

test('a workspace has times as texts', () => {
  expect(savedOptions({ half_open_ms: 1500, source: ['::1'], allow_peers: ['10.0.0.0/8'] })).toEqual({ half_open: '1500ms', source: ['::1'], allow_peers: ['10.0.0.0/8'] });
});
