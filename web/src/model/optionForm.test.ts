import { expect, test } from 'vitest';
import { options, type OptionField } from '../options';
import { faultOf, inputsOf, optionsOf, optionValues, otherFaults, savedOptions, topicsOf } from './optionForm';

test('an endpoint has the options of its scheme and side', () => {
  const names = (scheme: string, mode: 'listen' | 'connect') => optionsOf(options, scheme, mode).map((o) => o.name);
  expect(names('tcp', 'listen')).toContain('backlog');
  expect(names('tcp', 'connect')).not.toContain('backlog');
  expect(names('udp', 'listen')).not.toContain('no-delay');
  expect(names('udp', 'connect')).toContain('kernel-time');
  expect(names('tcp', 'connect')).not.toContain('reconnect'); // the form has a field for it
});

test('what was typed is asked for, and nothing else', () => {
  const typed = { 'no-delay': 'off', 'receive-buffer': '4096', 'idle-timeout': '1m30s', 'over-cap': 'pause', prefer: '6', 'max-peers': 'many', backlog: ' ', 'kernel-time': 'on' };
  expect(optionValues(options, typed, 'tcp', 'listen')).toEqual({ no_delay: false, receive_buffer: 4096, idle_timeout: '1m30s', over_cap: 'pause', max_peers: 'many' });
  expect(optionValues(options, typed, 'tcp', 'connect')).toEqual({ no_delay: false, receive_buffer: 4096, idle_timeout: '1m30s', prefer: 6 });
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

// An option of any kind that the table may have one day, for a kind of socket that is not there yet.
const made = (name: string, input: OptionField['input'], more: Partial<OptionField> = {}): OptionField => ({
  key: name.replaceAll('-', '_') + (input === 'time' ? '_ms' : ''), name, kind: `some ${input}`, input, topic: ['Made up', '虚构'], schemes: ['wire'], label: [name, name], help: ['', ''], ...more,
});
const table = [
  made('cert', 'text'),
  made('alpn', 'list', { topic: ['TLS', 'TLS'] }),
  made('insecure', 'switch', { topic: ['TLS', 'TLS'], open: true }),
  made('baud', 'number', { suggest: ['9600', '115200'] }),
  made('parity', 'choice', { words: [{ value: 'even', help: ['', ''] }] }),
  made('stop-bits', 'choice', { words: [{ value: 1.5, help: ['', ''] }] }),
  made('pause', 'time', { mode: 'connect' }),
];

test('an option of each kind goes from the field to the request and back without being known by name', () => {
  const typed = { cert: ' /etc/a b.pem ', alpn: 'h2, http/1.1', insecure: 'on', baud: '115200', parity: 'even', 'stop-bits': '1.5', pause: '2s' };
  const asked = { cert: '/etc/a b.pem', alpn: ['h2', 'http/1.1'], insecure: true, baud: 115200, parity: 'even', stop_bits: 1.5 };
  expect(optionValues(table, typed, 'wire', 'listen')).toEqual(asked);
  expect(optionValues(table, typed, 'wire', 'connect')).toEqual({ ...asked, pause: '2s' });
  expect(optionValues(table, typed, 'tcp', 'listen')).toEqual({});
  expect(inputsOf({ ...asked, pause_ms: 2000 } as object)).toEqual({ ...typed, cert: '/etc/a b.pem' });
});

test('options stand under their headings in the order of the table', () => {
  expect(topicsOf(table).map((x) => [x.title[0], x.fields.map((o) => o.name)])).toEqual([
    ['Made up', ['cert', 'baud', 'parity', 'stop-bits', 'pause']],
    ['TLS', ['alpn', 'insecure']],
  ]);
});

test('a fault is said at the option that it names, others apart', () => {
  const fault = (target: string) => ({ kind: 'invalid', target, message: target });
  const faults = [fault('tcp://:99999'), fault('options.alpn[1]'), fault('options.pause'), fault('baud'), fault('options.unknown')];
  const at = (name: string) => faultOf(faults, table.find((o) => o.name === name)!)?.target;
  expect([at('alpn'), at('pause'), at('baud'), at('cert')]).toEqual(['options.alpn[1]', 'options.pause', 'baud', undefined]);
  expect(otherFaults(faults, table).map((f) => f.target)).toEqual(['tcp://:99999', 'options.unknown']);
});

test('times, and no other options, have their unit in their keys', () => {
  for (const o of options) expect([o.name, o.key.endsWith('_ms')]).toEqual([o.name, o.input === 'time']);
});
