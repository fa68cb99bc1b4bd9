// The network settings of a tab: what a person fills in, and the request that it is.

import type { Open, Session } from '../api-types';
import { schemeOf } from '../format/scheme';
import { schemes, type Scheme } from '../schemes';
import { inputsOf, optionValues, type OptionInputs } from './optionForm';

/** What can be chosen: a kind of socket, and which side of it. */
export interface Protocol {
  readonly name: string;
  readonly scheme: Scheme;
  readonly mode: 'listen' | 'connect';
  /** It hears everybody and may be told at any time whom to send to. */
  readonly both: boolean;
}

export const protocols: readonly Protocol[] = schemes.flatMap((scheme): Protocol[] =>
  scheme.ip && !scheme.connections
    ? [{ name: scheme.name, scheme, mode: 'listen', both: true }]
    : [
        { name: `${scheme.name}-server`, scheme, mode: 'listen', both: false },
        { name: `${scheme.name}-client`, scheme, mode: 'connect', both: false },
      ],
);

/** What the form has chosen. */
export const protocolOf = (f: Form): Protocol => protocols.find((p) => p.name === f.protocol) ?? protocols[0]!;

const chosenFor = (scheme: Scheme, mode: string): string => (protocols.find((p) => p.scheme === scheme && (p.both || p.mode === mode)) ?? protocols[0]!).name;

/** The network settings of a tab. */
export interface Form {
  protocol: string; // the name of one of protocols
  local: string; // '' is all addresses, or any
  localPort: string;
  remote: string;
  remotePort: string;
  path: string; // instead of hosts and ports
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
export const emptyForm: Form = { protocol: 'tcp-server', local: '', localPort: '10000', remote: '', remotePort: '10000', path: '', echo: false, reconnect: false, broadcast: false, halfOpen: false, halfOpenFor: 60, selective: false, allowPeers: '', denyPeers: '', options: {} };

/** What to ask the core for. */
export function request(f: Form): Open {
  const { scheme, mode, both } = protocolOf(f);
  const halfOpen = f.halfOpen && scheme.halfClose ? { half_open_ms: 1000 * f.halfOpenFor } : {};
  if (mode === 'listen') {
    const options = {
      ...(f.broadcast && both ? { broadcast: true } : {}),
      ...halfOpen,
      ...(f.selective && scheme.ip ? { allow_peers: listed(f.allowPeers), deny_peers: listed(f.denyPeers) } : {}),
      ...optionValues(f.options, scheme.name, 'listen'),
    };
    return {
      mode: 'listen',
      address: scheme.ip ? url(scheme.name, f.local, f.localPort.trim() === '' && both ? '0' : f.localPort) : urlOfPath(scheme, f.path),
      ...(Object.keys(options).length > 0 ? { options } : {}),
      ...(f.echo ? { echo: true } : {}),
    };
  }
  return {
    mode: 'connect',
    address: scheme.ip ? url(scheme.name, f.remote.trim(), f.remotePort) : urlOfPath(scheme, f.path),
    options: {
      ...(f.local && scheme.ip ? { source: [f.local] } : {}),
      ...(f.reconnect ? { reconnect: true } : {}),
      ...halfOpen,
      ...optionValues(f.options, scheme.name, 'connect'),
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

const urlOfPath = (scheme: Scheme, path: string): string => `${scheme.name}://${path.trim()}`;

/** An address with its scheme, of a path: pasted into a field, it says which kind of socket is meant. */
export function pasted(f: Form, text: string): boolean {
  const found = /^\s*(\w+):\/\/(.*)$/.exec(text);
  const scheme = schemes.find((s) => !s.ip && s.name === found?.[1]?.toLowerCase());
  if (!found || !scheme) return false;
  f.protocol = chosenFor(scheme, protocolOf(f).mode);
  f.path = found[2]!.trim();
  return true;
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
  const scheme = schemeOf(s.network);
  const protocol = chosenFor(scheme, s.mode);
  if (!scheme.ip) return { ...f, protocol, path: s.address.replace(/^\w+:\/\//, '') };
  if (s.mode === 'listen') {
    const [remote, remotePort] = s.remote ? parts(s.remote) : ['', f.remotePort];
    return { ...f, protocol, local: host, localPort: port, remote, remotePort };
  }
  return { ...f, protocol, local: s.sources?.[0] ?? '', localPort: '', remote: host, remotePort: port };
}

/** Host and port of an address, which may be a URL. */
function parts(address: string): [host: string, port: string] {
  const found = /^(?:\w+:\/\/)?(.*):(\d+)$/.exec(address);
  return [(found?.[1] ?? '').replace(/^\[(.*)\]$/, '$1'), found?.[2] ?? ''];
}
