// The words of what a TLS handshake agreed on, in a peer's details.

import { addWords } from './table';

export const tlsWords = {
  tlsAgreed: ['TLS', 'TLS'],
  tlsName: ['Name asked for', '请求的名称'],
  tlsProtocol: ['ALPN', 'ALPN'],
  tlsIdentity: ['Identity', '身份'],
  tlsVerified: ['verified', '已验证'],
  tlsNoCertificate: ['it showed no certificate', '未出示证书'],
  tlsChain: ['Certificate', '证书'],
  tlsNames: ['for {names}', '适用于 {names}'],
  tlsDates: ['valid from {from} to {until}', '有效期 {from} 至 {until}'],
} as const;

addWords(tlsWords);
