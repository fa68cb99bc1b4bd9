// The network settings of a tab: what a person fills in, and the request that it is.

import type { Open, Session } from '../api-types';
import { inputsOf, optionValues, type OptionInputs } from './optionForm';

export const protocols = ['tcp-server', 'tcp-client', 'udp'] as const;
export type Protocol = (typeof protocols)[number];

/** The network settings of a tab. */
export interface Form {
  protocol: Protocol;
  local: string; // '' is all addresses, or any
  localPort: string;
  remote: string;
  remotePort: string;
  echo: boolean;
  reconnect: boolean;
  broadcast: boolean;
  halfOpen: boolean; // peers that finished sending are kept
  halfOpenFor: number; // seconds
  selective: boolean; // only some may be peers, as these lists of addresses and ranges say
  allowPeers: string;
  denyPeers: string;
  options: OptionInputs; // the others
}

/** A form that nobody has touched. */
export const emptyForm: Form = { protocol: 'tcp-server', local: '', localPort: '10000', remote: '', remotePort: '10000', echo: false, reconnect: false, broadcast: false, halfOpen: false, halfOpenFor: 60, selective: false, allowPeers: '', denyPeers: '', options: {} };

/** What to ask the core for. */
export function request(f: Form): Open {
  const scheme = f.protocol === 'udp' ? 'udp' : 'tcp';
  const halfOpen = f.halfOpen && scheme === 'tcp' ? { half_open_ms: 1000 * f.halfOpenFor } : {};
  if (f.protocol !== 'tcp-client') {
    const options = {
      ...(f.broadcast && scheme === 'udp' ? { broadcast: true } : {}),
      ...halfOpen,
      ...(f.selective ? { allow_peers: listed(f.allowPeers), deny_peers: listed(f.denyPeers) } : {}),
      ...optionValues(f.options, scheme, 'listen'),
    };
    return {
      mode: 'listen',
      address: url(scheme, f.local, f.localPort.trim() === '' && scheme === 'udp' ? '0' : f.localPort),
      ...(Object.keys(options).length > 0 ? { options } : {}),
      ...(f.echo ? { echo: true } : {}),
    };
  }
  return {
    mode: 'connect',
    address: url(scheme, f.remote.trim(), f.remotePort),
    options: {
      ...(f.local ? { source: [f.local] } : {}),
      ...(f.reconnect ? { reconnect: true } : {}),
      ...halfOpen,
      ...optionValues(f.options, scheme, 'connect'),
    },
    ...(f.echo ? { echo: true } : {}),
  };
}

/** The addresses of a field, between commas or blanks. */
function listed(field: string): string[] {
  return field.split(/[\s,;，；、]+/).filter((a) => a !== '');
}

function url(scheme: string, host: string, port: string): string {
  return `${scheme}://${hostPort(host, port)}`;
}

/** Host and port as one address. */
export function hostPort(host: string, port: string): string {
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port.trim()}`;
}

/** The settings that a session was opened with. */
export function formOf(s: Session, otherwise: Form): Form {
  const [host, port] = parts(s.address);
  const [allow, deny] = [s.allow_peers ?? [], s.deny_peers ?? []];
  const f = {
    ...otherwise,
    echo: s.echo ?? false,
    broadcast: s.broadcast ?? false,
    reconnect: s.reconnect ?? false,
    halfOpen: !!s.half_open_ms,
    halfOpenFor: s.half_open_ms ? s.half_open_ms / 1000 : otherwise.halfOpenFor,
    selective: allow.length + deny.length > 0,
    allowPeers: allow.join(', '),
    denyPeers: deny.join(', '),
    options: inputsOf(s.options),
  };
  const udp = s.network.startsWith('udp');
  if (s.mode === 'listen') {
    const [remote, remotePort] = s.remote ? parts(s.remote) : ['', f.remotePort];
    return { ...f, protocol: udp ? 'udp' : 'tcp-server', local: host, localPort: port, remote, remotePort };
  }
  return { ...f, protocol: udp ? 'udp' : 'tcp-client', local: s.sources?.[0] ?? '', localPort: '', remote: host, remotePort: port };
}

/** Host and port of an address, which may be a URL. */
function parts(address: string): [host: string, port: string] {
  const found = /^(?:\w+:\/\/)?(.*):(\d+)$/.exec(address);
  return [(found?.[1] ?? '').replace(/^\[(.*)\]$/, '$1'), found?.[2] ?? ''];
}
