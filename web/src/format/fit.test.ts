import { expect, test } from 'vitest';
import { fit, initials } from './fit';

const clear = ['Clear display', '清除显示'] as const;

test('an action is found by its name, its words and its initials in both languages', () => {
  expect(['clear', 'play', 'dis cl', 'cd', '清除', '显示', 'qcxs', 'xs', ''].map((typed) => fit(typed, clear) > 0)).toEqual(Array(9).fill(true));
  expect(['pause', 'zt', '暂停', 'clear log'].map((typed) => fit(typed, clear))).toEqual([0, 0, 0, 0]);
});

test('the beginning fits better than a part', () => {
  expect(fit('cl', clear)).toBeGreaterThan(fit('dis', clear));
});

test('initials are those of pinyin', () => {
  const names = ['新建会话', '断开', '搜索数据', '过滤', '复制所选行', '十六进制', '发送给全部', '侧栏：连接对象', '自动应答', '工作区', '快捷键与帮助', '曲线', '暂停', '字段', '打开 CSV', '啊饿哦', '囧鼻测得鹅怕让忘'];
  expect(names.map(initials)).toEqual(['xjhh', 'dk', 'sssj', 'gl', 'fzsxx', 'sljz', 'fsgqb', 'clljdx', 'zdyd', 'gzq', 'kjjybz', 'qx', 'zt', 'zd', 'dkcsv', 'aeo', 'jbcdeprw']);
});
