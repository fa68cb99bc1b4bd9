// The words of what a UDP session may do.

export const networkWords = {
  broadcast: ['Allow broadcast', '允许广播'],
  broadcastTitle: ['Lets a broadcast address such as 255.255.255.255 be the remote address', '允许把 255.255.255.255 这样的广播地址作为远程地址'],
  broadcastHint: ['If everybody is meant, disconnect, tick “Allow broadcast”, and open again.', '如果确实要发给所有人，请先断开，勾选“允许广播”，再重新打开。'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;
