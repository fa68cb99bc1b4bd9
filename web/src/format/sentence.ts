// What an event says that carries no data, in the person's words.

import type { CloseStatus, EventLine, ModemLines, Process, Session, WebSocketState } from '../api-types';
import { eventWords } from '../i18n/events';
import { t, type Word } from '../i18n/i18n.svelte';
import { count, size } from './numbers';
import { isConnectionless, schemeOf, wordOn } from './scheme';
import { safe } from './text';

const reasons: Record<string, Word> = {
  eof: 'reasonEof',
  reset: 'reasonReset',
  timeout: 'reasonTimeout',
  local: 'reasonLocal',
  aborted: 'reasonAborted',
  idle: 'reasonIdle',
  limit: 'reasonLimit',
  error: 'reasonError',
  unplugged: 'reasonUnplugged',
};

// Why it left, as the terminal says it: of a failure with what the system said.
function reason(e: EventLine): string {
  const why = t(wordOn(e.network, reasons[e.reason ?? ''] ?? 'reasonError'));
  const said = (e.close ? `${why} — ${closeStatus(e.close)}` : why) + truncated(e);
  return e.error && (e.reason === 'error' || e.reason === 'timeout') ? `${said}${t('colon')}${e.error.message}` : said;
}

/** The session is the event's, if it is known. */
export function sentence(e: EventLine, session: Session | undefined): string {
  switch (e.kind) {
    case 'opened':
      return opened(e, session);
    case 'joined':
      return joined(e, session);
    case 'left':
      return left(e);
    case 'closed':
      return t('eventClosedBecause', { reason: reason(e) });
    case 'finished':
      return t(wordOn(e.network, e.reason === 'eof' ? 'eventTheyFinished' : 'eventWeFinished')) + truncated(e);
    case 'hint':
      return t(`seen_${e.seen ?? 'http'}` as Word);
    case 'control':
      return control(e);
    case 'lines':
      return t('eventLines', { what: lineChanges(e) });
    case 'paired':
      return t('eventPaired', { id: e.pair?.id ?? '', address: safe(e.pair?.address ?? '') });
    case 'fault':
      return safe(e.fault?.message ?? '');
    case 'gap':
      return missing(e.lost?.events ?? 0, e.lost?.bytes ?? 0);
    case 'error': {
      const said = [e.error?.target ? safe(e.error.target) + ':' : '', e.error?.message ?? '', e.error?.hint ? `— ${e.error.hint}` : ''];
      if (e.retry_ms) said.push(`— ${t('eventRetry', { time: t('spanSeconds', { n: (e.retry_ms / 1000).toFixed(1) }) })}`);
      return safe(said.filter(Boolean).join(' '));
    }
    default:
      return e.kind;
  }
}

/** What is missing where a gap is: events, or of a stream bytes alone. */
function missing(events: number, bytes: number): string {
  const word = events === 0 ? 'eventMissingBytes' : events === 1 ? 'eventMissingOne' : 'eventMissing';
  return t(word, { events: count(events), bytes: count(bytes) });
}

function control({ control }: EventLine): string {
  if (!control) return '';
  if (control.topics) return safe(`${control.type.toUpperCase()} ${JSON.stringify(control.topics)}`);
  if (control.rtt_ns) return `pong, ${(control.rtt_ns / 1e6).toFixed(2)} ms`;
  const what = t(control.type === 'ping' ? 'wsPing' : 'wsPong');
  return control.data ? `${what}${t('colon')}${safe(JSON.stringify(atob(control.data)))}` : what;
}

/** Why a WebSocket was closed, as the terminal says it. */
export function closeStatus({ code, reason }: CloseStatus): string {
  const word = `closeCode${code}`;
  const said = t('wsClose', { code, meaning: t(word in eventWords ? (word as Word) : 'closeCodeOwn') });
  return reason ? `${said}${t('colon')}${safe(JSON.stringify(reason))}` : said;
}

/** What the handshake of a WebSocket agreed on. */
function handshake(w: WebSocketState): string {
  const said = [safe(w.path)];
  if (w.subprotocol) said.push(t('wsSubprotocol', { name: safe(w.subprotocol) }));
  if (w.origin) said.push(t('wsOrigin', { origin: safe(w.origin) }));
  if (w.compressed) said.push(t('wsCompressed'));
  return said.join(', ');
}

/** The line with which a page in a browser becomes a peer of a server. */
function forBrowser(e: EventLine, s: Session): string {
  const local = (e.local ?? '').replace(/^(0\.0\.0\.0|\[::\]):/, 'localhost:');
  const path = /^\w+:\/\/[^/?]*(.*)$/.exec(s.address)?.[1] || '/';
  return t('wsForBrowser', { line: t('wsBrowserLine', { url: `${e.network}://${local}${path}` }) });
}

/** What a TLS handshake agreed on, or the certificate of a server; as the terminal says it. */
function tlsOf({ tls }: EventLine): string {
  if (!tls) return '';
  const said = [tls.version, tls.cipher, tls.group].filter((s) => s);
  if (tls.server_name) said.push(t('tlsServerName', { name: tls.server_name }));
  if (tls.alpn) said.push(t('tlsALPN', { name: tls.alpn }));
  if (tls.resumed) said.push(t('tlsResumed'));
  const own = tls.certificates?.[0];
  if (own) said.push(t('tlsCertificate', { subject: own.subject, issuer: own.issuer, until: own.not_after.slice(0, 10) }));
  if (tls.unverified) said.push(t('tlsUnverified'));
  return t('colon') + safe(said.join(', '));
}

const truncated = (e: EventLine): string => (e.truncated ? `, ${t('tlsTruncated')}` : '');

const isUDP = (e: EventLine): boolean => isConnectionless(e.network);

/** The program at the other end of a Unix socket, as the terminal says it. */
export function processOf({ pid, user, program }: Process): string {
  let said = pid ? t('processNumber', { n: pid }) : t('processAny');
  if (user) said = t('processUser', { process: said, user: safe(user) });
  return program ? t('processNamed', { program: safe(program), process: said }) : said;
}

const isLine = (e: EventLine): boolean => schemeOf(e.network).line;

/** The modem lines in the order in which the terminal names them. */
export const lineNames = ['dtr', 'rts', 'cts', 'dsr', 'dcd', 'ri'] as const;

/** The modem lines that are on. */
export function linesOn(lines: ModemLines): string {
  return lineNames.filter((name) => lines[name]).map((name) => name.toUpperCase()).join(' ') || '-';
}

function lineChanges({ lines }: EventLine): string {
  if (!lines) return '';
  const changed = lineNames.filter((name) => lines.changed?.includes(name.toUpperCase())).map((name) => `${name.toUpperCase()} ${t(lines[name] ? 'lineOn' : 'lineOff')}`);
  if (lines.break) changed.push(t(lines.break === 'sent' ? 'breakSent' : 'breakReceived'));
  return changed.join(', ');
}

// UDP knows no connections: a peer is an address that a datagram came from, or goes to.
function joined(e: EventLine, s: Session | undefined): string {
  if (isLine(e)) return e.lines ? t('eventPortThereLines', { lines: linesOn(e.lines) }) : t('eventPortThere');
  if (!isUDP(e)) return t('eventJoined') + (e.process ? t('colon') + processOf(e.process) : '') + (e.websocket ? t('colon') + handshake(e.websocket) : '') + (e.mqtt ? t('colon') + safe(`${JSON.stringify(e.mqtt.client)}, MQTT ${e.mqtt.version}`) : '') + tlsOf(e);
  const where = e.interface ? t('onInterface', { name: safe(e.interface) }) : '';
  if (e.reason === 'local' || s?.mode === 'connect') return t('udpDestination') + where;
  return t('udpFirst', { peer: safe(e.peer ?? '') }) + where;
}

// Where this side closed in good order, the system still tries to deliver what is left.
function undelivered(e: EventLine, n: number): string {
  if (e.reason === 'local' && !isUDP(e) && !isLine(e)) return n === 1 ? t('eventNotAcknowledgedOne') : t('eventNotAcknowledged', { n: count(n) });
  return n === 1 ? t('eventNeverReachedOne') : t('eventNeverReached', { n: count(n) });
}

function left(e: EventLine): string {
  const unsent = e.unsent_bytes ? ` — ${undelivered(e, e.unsent_bytes)}` : '';
  if (!isUDP(e)) return t('eventLeft', { reason: reason(e) }) + unsent;
  const why = e.reason === 'local' || e.reason === 'aborted' ? t(wordOn(e.network, 'udpClosedHere')) : e.reason === 'idle' ? t('udpIdle') : reason(e);
  return t('udpLeft', { reason: why }) + unsent;
}

function opened(e: EventLine, s: Session | undefined): string {
  const locals = e.locals ?? [e.local ?? ''];
  const bound = locals.map((a) => `${e.network ?? 'tcp'}://${a}`).join(' ');
  if (s && isLine(e) && e.local) return t('eventPortOpened', { address: safe(s.address), settings: safe(e.local) });
  if (s?.mode === 'listen') return t('eventListening', { address: bound }) + tlsOf(e) + (schemeOf(e.network).browser ? ` — ${forBrowser(e, s)}` : '');
  if (s && isUDP(e)) return e.local || e.locals ? t('udpSending', { address: safe(s.address), local: bound }) : t('udpWillSend', { address: safe(s.address) });
  if (s?.upstream_of) return t('upstreamIs', { address: safe(s.address) });
  if (s && !e.local && !e.locals) return t('eventConnecting', { address: safe(s.address) });
  if (s) return t('eventConnectedTo', { address: safe(s.address), local: locals.join(' ') });
  return t('eventOpened', { address: bound });
}

/** How many messages. */
export const messagesOf = (n: number): string => (n === 1 ? t('messageOne') : t('messages', { n: count(n) }));

/** A peer's name: its alias, if a person gave it one, or its address. */
export const nameOf = (p: { alias?: string | undefined; peer?: string | undefined; remote?: string | undefined }): string =>
  safe(p.alias || p.peer || p.remote || '');

/** The same with the address, which nobody can choose, beside an alias. */
export const fullNameOf = (p: { alias?: string | undefined; peer?: string | undefined }): string =>
  safe([p.alias, p.peer].filter(Boolean).join(' '));

/** A row as a line of text, for the clipboard. */
export function plain(e: EventLine, time: string, content: string): string {
  const way = e.kind === 'received' ? '←' : e.kind === 'sent' ? '→' : '*';
  return [time, way, fullNameOf(e), e.bytes !== undefined ? size(e.bytes) : '', content].filter(Boolean).join('  ');
}
