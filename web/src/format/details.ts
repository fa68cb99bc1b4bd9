// All that is known of a peer, as rows of a list. What a kind of socket tells besides is an
// object of the peer's, and is listed field by field: nothing here knows of which kind.

import '../i18n/peers';
import '../i18n/tls';
import type { Certificate, Peer, TLSState } from '../api-types';
import { t, wordOf } from '../i18n/i18n.svelte';
import { count, rate } from './numbers';
import { messagesOf, processOf } from './sentence';
import { safe } from './text';

export interface DetailRow {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly mono?: boolean;
}

export function detailsOf(p: Peer): DetailRow[] {
  const rows: DetailRow[] = [
    { name: 'network', label: t('protocol'), value: `${p.network.toUpperCase()} · #${p.id}` },
    { name: 'local', label: t('local'), value: p.local, mono: true },
    { name: 'remote', label: t('remote'), value: p.remote, mono: true },
  ];
  if (p.process) rows.push({ name: 'process', label: t('process'), value: processOf(p.process) });
  if (p.interface) rows.push({ name: 'interface', label: t('networkInterface'), value: safe(p.interface) });
  if (p.tls) rows.push(...tlsRows(p.tls));
  rows.push(
    { name: 'received', label: t('received'), value: `${count(p.received_bytes)} B · ${messagesOf(p.received_messages)} · ${rate(p.receive_rate)}` },
    { name: 'sent', label: t('sent'), value: `${count(p.sent_bytes)} B · ${messagesOf(p.sent_messages)} · ${rate(p.send_rate)}` },
  );
  if (p.tcp) {
    rows.push(
      { name: 'state', label: t('tcpState'), value: p.tcp.state },
      { name: 'rtt', label: t('rtt'), value: `${p.tcp.rtt_ms.toFixed(3)} ms ± ${p.tcp.rtt_variance_ms.toFixed(3)}` },
      { name: 'retransmits', label: t('retransmits'), value: count(p.tcp.retransmits) },
    );
  }
  if (p.unsent >= 0) rows.push({ name: 'unsent', label: t('unsent'), value: `${count(p.unsent)} B` });
  return [...rows, ...otherRows(p)];
}

// What the other side sent is in it: names, and all that its certificates say.
function tlsRows(s: TLSState): DetailRow[] {
  const rows: DetailRow[] = [{ name: 'tls', label: t('tlsAgreed'), value: [s.version, s.cipher, s.group, s.resumed ? t('tlsResumed') : ''].filter((v) => v).join(', ') }];
  if (s.server_name) rows.push({ name: 'tls.server_name', label: t('tlsName'), value: safe(s.server_name) });
  if (s.alpn) rows.push({ name: 'tls.alpn', label: t('tlsProtocol'), value: safe(s.alpn) });
  const chain = s.certificates ?? [];
  rows.push({ name: 'tls.identity', label: t('tlsIdentity'), value: t(chain.length === 0 ? 'tlsNoCertificate' : s.unverified ? 'tlsUnverified' : 'tlsVerified') });
  return [...rows, ...chain.map((c, n) => ({ name: `tls.certificate.${n}`, label: `${t('tlsChain')} ${n + 1}`, value: certificateText(c), mono: true }))];
}

const day = (at: string): string => at.slice(0, 10);

const certificateText = (c: Certificate): string =>
  [
    t('tlsCertificate', { subject: c.subject, issuer: c.issuer, until: day(c.not_after) }),
    c.names?.length ? t('tlsNames', { names: c.names.join(', ') }) : '',
    t('tlsDates', { from: day(c.not_before), until: day(c.not_after) }),
    `SHA-256 ${c.sha256}`,
    c.pin,
  ]
    .filter((v) => v !== '')
    .map((v) => safe(v))
    .join('\n');

// These are shown above, or by controls of their own.
const shown = new Set(['tcp', 'process', 'lines', 'tls', 'options']);

function otherRows(p: Peer): DetailRow[] {
  return Object.entries(p).flatMap(([group, fields]) => {
    if (shown.has(group) || typeof fields !== 'object' || fields === null || Array.isArray(fields)) return [];
    return Object.entries(fields as Record<string, unknown>)
      .map(([key, v]) => ({ name: `${group}.${key}`, label: labelOf(group, key), value: textOf(v) }))
      .filter((row) => row.value !== '');
  });
}

/** The word for a field, if the table has one; else its name, readable. */
const labelOf = (group: string, key: string): string => wordOf(`${group}_${key}`) ?? `${group.toUpperCase()} ${key.replaceAll('_', ' ')}`;

// What a peer sent of itself may be in it.
function textOf(v: unknown): string {
  if (v === null || v === undefined) return '';
  if (typeof v === 'boolean') return t(v ? 'optionOn' : 'optionOff');
  if (typeof v === 'number') return count(v);
  if (typeof v === 'string') return safe(v);
  const parts = Array.isArray(v) ? v.map(textOf) : Object.values(v).map(textOf);
  return parts.filter((s) => s !== '').join(Array.isArray(v) ? '\n' : ', ');
}
