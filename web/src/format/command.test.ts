import { expect, it } from 'vitest';
import { nextLines } from './command';

it('finds the command at the end of a line, in both languages', () => {
  expect(nextLines('on that machine let this one port in:\nLinux (ufw): sudo ufw allow 7000/tcp\nWindows: netsh advfirewall firewall add rule')).toEqual([
    { said: 'on that machine let this one port in:', command: '' },
    { said: 'Linux (ufw):', command: 'sudo ufw allow 7000/tcp' },
    { said: 'Windows:', command: 'netsh advfirewall firewall add rule' },
  ]);
  expect(nextLines('请在那里启动：sockeye listen :7000')).toEqual([{ said: '请在那里启动：', command: 'sockeye listen :7000' }]);
  expect(nextLines('start the server there: sockeye listen :7; if it runs, compare: sockeye doctor --code :7')).toEqual([
    { said: 'start the server there:', command: 'sockeye listen :7' },
    { said: 'if it runs, compare:', command: 'sockeye doctor --code :7' },
  ]);
  expect(nextLines('plug the cable in at both ends')).toEqual([{ said: 'plug the cable in at both ends', command: '' }]);
  expect(nextLines('')).toEqual([]);
});
