// The words of fields and charts.

import { addWords } from './table';

export const fieldWords = {
  fieldsSpec: ['How values are read', '数值的读取方式'],
  fieldsHint: ['keys reads key=value; or csv a, b; json $.temp; u8 id, i16be temp*0.1 "°C"', 'keys 读取 key=value；或 csv a, b；json $.temp；u8 id, i16be temp*0.1 "°C"'],
  fieldsCommon: ['Usual ones', '常用格式'],
  fieldsNone: ['no fields', '无字段'],
  fieldsEmpty: ['Say how values are read, and they are columns of the log, a table, and a chart.', '填写读取方式后，数值会显示为数据区的列、表格和曲线。'],
  fieldsWaiting: ['No values yet.', '尚无数值。'],
  fieldsColumns: ['Columns in the log', '在数据区中显示为列'],
  lastValues: ['Last values', '最近数值'],
  dashShow: ['Dashboard', '仪表盘'],
  chart: ['Chart', '曲线'],
  chartShow: ['Show the chart', '显示曲线'],
  chartHide: ['Hide the chart', '隐藏曲线'],
  chartPause: ['Pause', '暂停'],
  chartGo: ['Go on', '继续'],
  chartWhole: ['All', '全部'],
  chartEarlier: ['Earlier', '向前'],
  chartLater: ['Later', '向后'],
  chartLog: ['Log scale', '对数坐标'],
  chartHint: ['Drag to zoom; click to jump to the message; Shift-click to mark a time', '拖动可放大；点击跳转到消息；按住 Shift 点击可标记时刻'],
  chartMarks: ['Markers', '标记'],
  chartUnmark: ['Take markers away', '清除标记'],
  chartPng: ['Save as PNG', '保存为 PNG'],
  chartSvg: ['Save as SVG', '保存为 SVG'],
  chartStats: ['Statistics of what the chart shows', '图中所示数据的统计'],
  statLast: ['last', '最近'],
  statMin: ['min', '最小'],
  statMax: ['max', '最大'],
  statMean: ['mean', '平均'],
  statDeviation: ['deviation', '标准差'],
  statRate: ['per second', '每秒'],
  seriesLeftOut: ['{n} values of more names and peers are left out; choose a peer above the log.', '还有 {n} 个其他名称和对象的数值未显示；请在数据区上方选择对象。'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(fieldWords);
