import { expect, test, vi } from 'vitest';

// Kinds of socket that may come: the form has no names of them, only what the list says.
vi.mock('../schemes', () => {
  const scheme = { label: ['', ''], example: ['', ''], datagram: false, connections: true, halfClose: false, reset: false, ip: true, modes: ['listen', 'connect'] };
  return {
    schemes: [
      { ...scheme, name: 'web', fields: 'host+path' },
      { ...scheme, name: 'line', fields: 'path', ip: false, modes: ['connect'], choices: '/machine/lines' },
    ],
  };
});

const { addressOf, emptyForm, formOf, pasted, protocolOf, protocols, request } = await import('./form');

test('the list of schemes says which sides the form offers', () => expect(protocols.map((p) => p.name)).toEqual(['web-server', 'web-client', 'line']));

test('an address may have a path after host and port', () => {
  const f = { ...emptyForm, protocol: 'web-client', remote: 'board.local', remotePort: '80', path: 'live' };
  expect(addressOf(f)).toBe('web://board.local:80/live');
  expect(addressOf({ ...f, protocol: 'web-server', localPort: '8080', path: '' })).toBe('web://:8080');
  expect(pasted(f, 'web://[::1]:90/a?b=c')).toBe(true);
  expect(addressOf(f)).toBe('web://[::1]:90/a?b=c');
  expect(formOf({ mode: 'connect', network: 'web', address: 'web://[::1]:90/a?b=c' } as never, { ...emptyForm })).toMatchObject({ protocol: 'web-client', remote: '::1', remotePort: '90', path: '/a?b=c' });
});

test('what can only be connected to is, also when the form was one that listens', () => {
  const f = { ...emptyForm, protocol: 'web-server' };
  expect(pasted(f, 'line:///dev/tty1')).toBe(true);
  expect(protocolOf(f)).toMatchObject({ name: 'line', mode: 'connect', both: false });
  expect(request(f)).toEqual({ mode: 'connect', address: 'line:///dev/tty1' });
});
