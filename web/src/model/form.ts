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

/** What a relay can listen as: each peer has an upstream, and nobody else is sent to. */
export const listeners: readonly Protocol[] = protocols.filter((p) => p.mode === 'listen').map((p) => ({ ...p, both: false }));

/** What a relay can connect to. */
export const upstreams: readonly Protocol[] = schemes.map((scheme) => ({ name: `to-${scheme.name}`, scheme, mode: 'connect', both: false }));

/** What can be chosen in the form, or of a relay in the one of its two. */
const choicesOf = (f: Form): readonly Protocol[] => (f.upstream ? listeners : f.protocol.startsWith('to-') ? upstreams : protocols);

/** What the form has chosen. */
export const protocolOf = (f: Form): Protocol => choicesOf(f).find((p) => p.name === f.protocol) ?? choicesOf(f)[0]!;

const chosenFor = (f: Form, scheme: Scheme, mode: string): string => (choicesOf(f).find((p) => p.scheme === scheme && (p.mode === mode || scheme.modes.length === 1)) ?? protocolOf(f)).name;

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
  upstream: Form | undefined; // of a relay: what it connects to
  share: '' | 'one' | 'all'; // of a relay: who may write to the one connection that all share; '' has each its own
  routes: string; // of a relay: upstreams of some peers, one a line
}

/** A form that nobody has touched. */
export const emptyForm: Form = { protocol: 'tcp-server', local: '', localPort: '10000', remote: '', remotePort: '10000', path: '', echo: false, reconnect: false, broadcast: false, halfOpen: false, halfOpenFor: 60, selective: false, allowPeers: '', denyPeers: '', options: {}, upstream: undefined, share: '', routes: '' };

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
  const given = { mode, address: addressOf(f), ...(Object.keys(options).length > 0 ? { options } : {}) };
  return f.upstream ? { ...given, ...relayed(f, f.upstream) } : { ...given, ...(f.echo ? { echo: true } : {}) };
}

/** What a request says of the other side of a relay. */
function relayed(f: Form, up: Form): Partial<Open> {
  const { address, options } = request(up);
  const routes = f.routes.split('\n').filter((r) => r.trim() !== '');
  return { upstream: { address, ...(options ? { options } : {}) }, ...(f.share ? { share: f.share } : {}), ...(routes.length > 0 ? { routes } : {}) };
}

/** The form of a relay, or of what one is no more. */
export function asRelay(f: Form, on: boolean): Form {
  if (!on) return { ...f, upstream: undefined };
  const listens = listeners.some((p) => p.name === f.protocol);
  return { ...f, protocol: listens ? f.protocol : listeners[0]!.name, upstream: f.upstream ?? { ...emptyForm, protocol: upstreams[0]!.name } };
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
    f.protocol = chosenFor(f, scheme, mode);
    f.path = rest;
    return true;
  }
  const [host, port, path] = parts(rest);
  if (port === '') return false;
  f.protocol = chosenFor(f, scheme, mode);
  if (protocolOf(f).mode === 'connect' || protocolOf(f).both) [f.remote, f.remotePort] = [host, port];
  else f.localPort = port;
  f.path = path;
  return true;
}

/** HOST:PORT or [IPV6]:PORT, written into the field of the host, fills both fields; also with the colon of a Chinese keyboard. */
export function splitPort(f: Form): void {
  const found = /^\s*(\[[^\]]+\]|[^\s:：[\]]+)[:：](\d{1,5})\s*$/.exec(f.remote);
  if (found) [f.remote, f.remotePort] = [found[1]!.replace(/^\[(.*)\]$/, '$1'), found[2]!];
}

/** Host and port as one address. */
export function hostPort(host: string, port: string): string {
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port.trim()}`;
}

/** The settings that a session was opened with; up is the other side of a relay, if it is known. */
export function formOf(s: Session, otherwise: Form, up?: Session): Form {
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
    upstream: upstreamForm(s, up),
    share: s.share ?? ('' as const),
    routes: (s.routes ?? []).map((r) => r.route).join('\n'),
  };
  const scheme = schemeOf(s.network);
  const protocol = chosenFor(f, scheme, s.mode);
  if (scheme.fields === 'path') return { ...f, protocol, path: s.address.replace(/^\w+:\/\//, '') };
  if (s.mode === 'listen') {
    const [remote, remotePort] = s.remote ? parts(s.remote) : ['', f.remotePort];
    return { ...f, protocol, local: host, localPort: port, remote, remotePort };
  }
  return { ...f, protocol, local: s.sources?.[0] ?? '', localPort: '', remote: host, remotePort: port };
}

function upstreamForm(relay: Session, up: Session | undefined): Form | undefined {
  if (!relay.upstream) return undefined;
  const f = { ...emptyForm, protocol: upstreams[0]!.name };
  if (up) return formOf(up, f);
  pasted(f, relay.upstream);
  return f;
}

/** Host, port and path of an address, which may be a URL. */
function parts(address: string): [host: string, port: string, path: string] {
  const found = /^(?:\w+:\/\/)?([^/]*):(\d+)(\/.*)?$/.exec(address);
  return [(found?.[1] ?? '').replace(/^\[(.*)\]$/, '$1'), found?.[2] ?? '', found?.[3] ?? ''];
}

/** An address with options in it, as workspaces have that of an upstream; without them where an address has no place for any. */
export function withOptions(address: string, options: Readonly<Record<string, unknown>>): string {
  const mark = schemeOf(address.split('://')[0]).optionMark;
  const all = Object.entries(options).map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`);
  return all.length === 0 || mark === '' ? address : address + mark + all.join('&');
}
