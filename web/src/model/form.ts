// The network settings of a tab: what a person fills in, and the request that it is.

import type { Open, Session } from '../api-types';
import { schemeOf } from '../format/scheme';
import { schemes, type Scheme } from '../schemes';
import { inputsOf, listed, optionValues, type OptionInputs } from './optionForm';
import { optionTable } from './optionTable.svelte';

/** What can be chosen: a kind of socket, and which side of it. */
export interface Protocol {
  readonly name: string;
  readonly scheme: Scheme;
  readonly mode: 'listen' | 'connect';
  /** It hears everybody and may be told at any time whom to send to. */
  readonly both: boolean;
}

export const protocols: readonly Protocol[] = schemes.flatMap((scheme): Protocol[] =>
  scheme.modes.length === 1
    ? [{ name: scheme.name, scheme, mode: scheme.modes[0]!, both: scheme.modes[0] === 'listen' && !scheme.connections }]
    : scheme.modes.map((mode) => ({ name: `${scheme.name}-${mode === 'listen' ? 'server' : 'client'}`, scheme, mode, both: false })),
);

/** What the form has chosen. */
export const protocolOf = (f: Form): Protocol => protocols.find((p) => p.name === f.protocol) ?? protocols[0]!;

const chosenFor = (scheme: Scheme, mode: string): string => (protocols.find((p) => p.scheme === scheme && (p.mode === mode || scheme.modes.length === 1)) ?? protocols[0]!).name;

/** The network settings of a tab. */
export interface Form {
  protocol: string; // the name of one of protocols
  local: string; // '' is all addresses, or any
  localPort: string;
  remote: string;
  remotePort: string;
  path: string; // of the scheme's address, instead of host and port or after them
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

/** What to ask the core for; the table of options has to be there. */
export function request(f: Form): Open {
  const { scheme, mode, both } = protocolOf(f);
  const own =
    mode === 'listen'
      ? {
          ...(f.broadcast && both ? { broadcast: true } : {}),
          ...(f.selective && scheme.ip ? { allow_peers: listed(f.allowPeers), deny_peers: listed(f.denyPeers) } : {}),
        }
      : {
          ...(f.local && scheme.ip ? { source: [f.local] } : {}),
          ...(f.reconnect ? { reconnect: true } : {}),
        };
  const halfOpen = f.halfOpen && scheme.halfClose ? { half_open_ms: 1000 * f.halfOpenFor } : {};
  const options = { ...own, ...halfOpen, ...optionValues(optionTable.fields, f.options, scheme.name, mode) };
  return { mode, address: addressOf(f), ...(Object.keys(options).length > 0 ? { options } : {}), ...(f.echo ? { echo: true } : {}) };
}

/** The address that is filled in, as a URL. */
export function addressOf(f: Form): string {
  const { scheme, mode, both } = protocolOf(f);
  const path = f.path.trim();
  if (scheme.fields === 'path') return `${scheme.name}://${path}`;
  const at = mode === 'connect' ? hostPort(f.remote.trim(), f.remotePort) : hostPort(f.local, f.localPort.trim() === '' && both ? '0' : f.localPort);
  const after = scheme.fields === 'host+path' ? (path.startsWith('/') || path === '' ? path : '/' + path) : '';
  return `${scheme.name}://${at}${after}`;
}

/** An address with its scheme, pasted into a field, says which kind of socket is meant. */
export function pasted(f: Form, text: string): boolean {
  const found = /^\s*(\w+):\/\/(.*?)\s*$/.exec(text);
  const scheme = schemes.find((s) => s.name === found?.[1]?.toLowerCase());
  if (!found || !scheme) return false;
  const rest = found[2]!;
  const { mode } = protocolOf(f);
  if (scheme.fields === 'path') {
    f.protocol = chosenFor(scheme, mode);
    f.path = rest;
    return true;
  }
  const [host, port, path] = parts(rest);
  if (port === '') return false;
  f.protocol = chosenFor(scheme, mode);
  if (protocolOf(f).mode === 'connect' || protocolOf(f).both) [f.remote, f.remotePort] = [host, port];
  else f.localPort = port;
  f.path = path;
  return true;
}

/** Host and port as one address. */
export function hostPort(host: string, port: string): string {
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port.trim()}`;
}

/** The settings that a session was opened with. */
export function formOf(s: Session, otherwise: Form): Form {
  const [host, port, path] = parts(s.address);
  const [allow, deny] = [s.allow_peers ?? [], s.deny_peers ?? []];
  const f = {
    ...otherwise,
    path,
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
  if (scheme.fields === 'path') return { ...f, protocol, path: s.address.replace(/^\w+:\/\//, '') };
  if (s.mode === 'listen') {
    const [remote, remotePort] = s.remote ? parts(s.remote) : ['', f.remotePort];
    return { ...f, protocol, local: host, localPort: port, remote, remotePort };
  }
  return { ...f, protocol, local: s.sources?.[0] ?? '', localPort: '', remote: host, remotePort: port };
}

/** Host, port and path of an address, which may be a URL. */
function parts(address: string): [host: string, port: string, path: string] {
  const found = /^(?:\w+:\/\/)?([^/]*):(\d+)(\/.*)?$/.exec(address);
  return [(found?.[1] ?? '').replace(/^\[(.*)\]$/, '$1'), found?.[2] ?? '', found?.[3] ?? ''];
}
