import { describe, expect, test } from 'vitest';
import type { Session } from '../api-types';
import { options } from '../options';
import { optionTable } from './optionTable.svelte';
import { asRelay, emptyForm, formOf, hostPort, pasted, request, splitPort, withOptions } from './form';

optionTable.fields = options;

test('an IPv6 address has brackets before its port', () => {
  expect(hostPort('::1', ' 80 ')).toBe('[::1]:80');
  expect(hostPort('[::1]', '80')).toBe('[::1]:80');
  expect(hostPort('', '80')).toBe(':80');
});

describe('request', () => {
  test('a TCP server', () => expect(request({ ...emptyForm })).toEqual({ mode: 'listen', address: 'tcp://:10000' }));
  test('a TCP client', () => {
    const f = { ...emptyForm, protocol: 'tcp-client', remote: ' board.local ', remotePort: '23', local: '10.0.0.2', reconnect: true, echo: true };
    expect(request(f)).toEqual({ mode: 'connect', address: 'tcp://board.local:23', options: { source: ['10.0.0.2'], reconnect: true }, echo: true });
  });
  test('UDP has any port if none is given', () => {
    expect(request({ ...emptyForm, protocol: 'udp', localPort: '', broadcast: true })).toEqual({ mode: 'listen', address: 'udp://:0', options: { broadcast: true } });
  });
  test('who may be a peer', () => {
    const f = { ...emptyForm, selective: true, allowPeers: '10.0.0.0/8，10.1.2.3', denyPeers: '' };
    expect(request(f).options).toEqual({ allow_peers: ['10.0.0.0/8', '10.1.2.3'], deny_peers: [] });
  });
});

test('a session fills in the form that it was opened with', () => {
  const s = { mode: 'listen', network: 'tcp', address: 'tcp://[::1]:7', half_open_ms: 1500, echo: true } as Session;
  expect(formOf(s, { ...emptyForm })).toMatchObject({ protocol: 'tcp-server', local: '::1', localPort: '7', halfOpen: true, halfOpenFor: 1.5, echo: true });
});

describe('a Unix socket', () => {
  test('is opened by its path, with what it has', () => {
    const f = { ...emptyForm, protocol: 'unix-server', path: ' /tmp/b.sock ', local: '10.0.0.2', halfOpen: true, broadcast: true, selective: true, allowPeers: '10.0.0.1', options: { mode: '660', 'no-delay': 'off' } };
    expect(request(f)).toEqual({ mode: 'listen', address: 'unix:///tmp/b.sock', options: { half_open_ms: 60000, mode: 660 } });
    expect(request({ ...f, protocol: 'unixgram-client', path: '@b' })).toEqual({ mode: 'connect', address: 'unixgram://@b' });
  });
  test('fills in the form again', () => {
    const s = { mode: 'connect', network: 'unix', address: 'unix:///tmp/a:7' } as Session;
    expect(formOf(s, { ...emptyForm })).toMatchObject({ protocol: 'unix-client', path: '/tmp/a:7' });
  });
  test('and port in one field fill both', () => {
    for (const [text, remote, remotePort] of [
      ['192.168.1.7:8080', '192.168.1.7', '8080'],
      [' board.local：7 ', 'board.local', '7'],
      ['[fe80::1%eth0]:9', 'fe80::1%eth0', '9'],
      ['fe80::1:80', 'fe80::1:80', '10000'],
      ['board.local', 'board.local', '10000'],
      ['board:123456', 'board:123456', '10000'],
    ] as const) {
      const f = { ...emptyForm, remote: text };
      splitPort(f);
      expect([f.remote, f.remotePort]).toEqual([remote, remotePort]);
    }
  });
  test('is recognised in a pasted address, and stays on its side', () => {
    const f = { ...emptyForm, protocol: 'tcp-client' };
    expect(pasted(f, 'board.local')).toBe(false);
    expect(pasted(f, ' UNIX:///tmp/x.sock ')).toBe(true);
    expect(f).toMatchObject({ protocol: 'unix-client', path: '/tmp/x.sock' });
    expect(pasted(f, 'tcp://board.local')).toBe(false);
    expect(pasted(f, ' tcp://[::1]:7 ')).toBe(true);
    expect(f).toMatchObject({ protocol: 'tcp-client', remote: '::1', remotePort: '7' });
  });
});

describe('a relay', () => {
  const f = asRelay({ ...emptyForm, protocol: 'tcp-client', echo: true }, true);
  test('has both sides', () => {
    const up = { ...f.upstream!, protocol: 'to-serial', path: '/dev/ttyUSB0', options: { baud: '9600' } };
    expect(request({ ...f, upstream: up, share: 'one', routes: ' \n10.0.0.5:80 when prefix:GET\n' })).toEqual({
      mode: 'listen',
      address: 'tcp://:10000',
      upstream: { address: 'serial:///dev/ttyUSB0', options: { baud: 9600 } },
      share: 'one',
      routes: ['10.0.0.5:80 when prefix:GET'],
    });
  });
  test('has no destination of its own with UDP', () => {
    const udp = { ...f, protocol: 'udp', localPort: '5000', upstream: { ...f.upstream!, protocol: 'to-udp', remote: '10.0.0.1', remotePort: '6000' } };
    expect(request(udp)).toEqual({ mode: 'listen', address: 'udp://:5000', upstream: { address: 'udp://10.0.0.1:6000' } });
  });
  test('fills in the form again', () => {
    const s = { mode: 'listen', network: 'tls', address: 'tls://:8883', upstream: 'ws://10.0.0.1:80/x', routes: [{ route: 'a', session: 's3' }] } as Session;
    const up = { mode: 'connect', network: 'ws', address: 'ws://10.0.0.1:80/x', options: { origin: 'o' } } as unknown as Session;
    const got = formOf(s, { ...emptyForm }, up);
    expect(got).toMatchObject({ protocol: 'tls-server', localPort: '8883', routes: 'a', upstream: { protocol: 'to-ws', remote: '10.0.0.1', remotePort: '80', path: '/x', options: { origin: 'o' } } });
    expect(formOf(s, { ...emptyForm }).upstream).toMatchObject({ protocol: 'to-ws', remote: '10.0.0.1' });
    expect(asRelay(got, false).upstream).toBe(undefined);
  });
  test('takes an address that is pasted, on its side', () => {
    const up = { ...f.upstream! };
    expect(pasted(up, 'serial:///dev/ttyACM0')).toBe(true);
    expect(up).toMatchObject({ protocol: 'to-serial', path: '/dev/ttyACM0' });
    const down = { ...f };
    expect(pasted(down, 'tls://:8883')).toBe(true);
    expect(down).toMatchObject({ protocol: 'tls-server', localPort: '8883' });
  });
});

test('options stand in an address where its peer does not see them', () => {
  expect(withOptions('tcp://b:1', {})).toBe('tcp://b:1');
  expect(withOptions('tls://b:1', { cacert: '/a b.pem', insecure: true })).toBe('tls://b:1?cacert=%2Fa%20b.pem&insecure=true');
  expect(withOptions('wss://b/chat?room=1', { cacert: 'ca.pem' })).toBe('wss://b/chat?room=1#cacert=ca.pem');
  expect(withOptions('ws6://b', { source: ['::1'] })).toBe('ws6://b#source=%3A%3A1');
  expect(withOptions('serial:///dev/ttyUSB0', { baud: 9600 })).toBe('serial:///dev/ttyUSB0?baud=9600');
  expect(withOptions('unix:///run/x.sock', { idle_timeout: '1s' })).toBe('unix:///run/x.sock'); // a ? is part of the file's name
});
