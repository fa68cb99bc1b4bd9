import { expect, test } from 'vitest';
import { begunField, fitting } from './payloadFields';

test('a field that is being typed is known by its braces', () => {
  expect([begunField('a {{se', 6), begunField('{{seq}} b', 9), begunField('{{', 2), begunField('{ {', 3), begunField('{{len(bo', 8)]).toEqual(['{{se', undefined, '{{', undefined, '{{len(bo']);
});

test('fields are offered by how they begin, with the variables of the workspace', () => {
  expect(fitting('{{se', []).map((f) => f.text)).toEqual(['{{seq}}', '{{seq:u16be}}']);
  expect(fitting('{{var', ['unit']).map((f) => f.text)).toEqual(['{{var.unit}}']);
  expect(fitting('{{nothing', ['unit'])).toEqual([]);
});
