// The words of dashboards.

import { addWords } from './table';

export const dashboardWords = {
  dashboard: ['Dashboard', '仪表盘'],
  dashHide: ['Hide the dashboard', '隐藏仪表盘'],
  dashName: ['Name of the dashboard', '仪表盘名称'],
  dashArrange: ['Arrange', '布置'],
  dashKeep: ['Keep in the workspace', '保存到工作区'],
  dashDrop: ['Drop the changes', '放弃更改'],
  dashEmpty: ['Instruments show values, and send messages. Add one.', '控件可显示数值、发送消息，请添加。'],
  dashNoFields: ['Say in the fields panel how values are read.', '请先在字段侧栏填写数值的读取方式。'],
  dashHint: ['Drag to move, the corner to resize. Arrow keys move, Shift and arrow keys resize, Enter changes, Delete removes.', '拖动可移动，拖右下角可缩放。方向键移动，Shift+方向键缩放，Enter 修改，Delete 删除。'],
  dashMoved: ['{name}: column {column}, row {row}, {width} wide, {height} high', '{name}：第 {column} 列，第 {row} 行，宽 {width}，高 {height}'],
  dash_gauge: ['gauge', '指针表'],
  dash_led: ['LED', '指示灯'],
  dash_value: ['value', '数值'],
  dash_slider: ['slider', '滑块'],
  dash_button: ['button', '按钮'],
  dashTitle: ['Title', '标题'],
  dashField: ['Field', '字段'],
  dashMin: ['From', '最小值'],
  dashMax: ['To', '最大值'],
  dashStep: ['Step', '步长'],
  dashOn: ['Lit from', '点亮阈值'],
  dashOnHint: ['all but 0', '非 0 即亮'],
  dashSends: ['Sends', '发送内容'],
  dashSendsHint: ['{{var.value}} is the value of the slider', '{{var.value}} 为滑块的值'],
  dashHex: ['hex', '十六进制'],
  dashTo: ['To', '发送给'],
  dashToHint: ['those of the send box', '与发送框相同'],
  dashDone: ['Done', '完成'],
  dashRemove: ['Remove', '删除'],
  dashLit: ['on', '亮'],
  dashDark: ['off', '灭'],
  dashUnknown: ['no value yet', '尚无数值'],
  dashOver: ['The session is over: nothing can be sent.', '会话已结束，无法发送。'],
  dashSent: ['Sent: {name}', '已发送：{name}'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(dashboardWords);
