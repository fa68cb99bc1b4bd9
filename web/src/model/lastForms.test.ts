import { expect, test } from 'vitest';
import { emptyForm } from './form';
import { lastForms, sameForm, withForm } from './lastForms';

test('the newest is last, each once, and no option is kept', () => {
  const one = { ...emptyForm, localPort: '9000', options: { header: 'secret' } as never };
  const two = { ...emptyForm, protocol: 'tcp-client', remote: '192.0.2.1' };
  const list = withForm(withForm(withForm([], one), two), one);
  expect(list.map((f) => f.protocol + f.localPort)).toEqual(['tcp-client10000', 'tcp-server9000']);
  expect(JSON.stringify(list)).not.toContain('secret');
  expect(sameForm(list[1]!, one)).toBe(true);
  expect(lastForms([{ protocol: 'udp' }, null, 5, 'x']).length).toBe(1);
});
