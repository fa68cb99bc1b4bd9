// What the page does without when it first stands. It comes while nothing else is to be
// done, so that nobody who then looks at it waits.

export const later = {
  boards: () => import('./boards/BoardsPanel.svelte'),
  chart: () => import('./chart/ChartView.svelte'),
  dashboard: () => import('./dashboard/DashboardView.svelte'),
  doctor: () => import('./doctor/DoctorPanel.svelte'),
  commenting: () => import('../model/commenting'),
  comments: () => import('./comments/CommentsPanel.svelte'),
  chips: () => import('./send/SendChips.svelte'),
  code: () => import('./code/CodeButton.svelte'),
  dropFiles: () => import('./files/DropFiles.svelte'),
  encode: () => import('../link/encode'),
  faultBar: () => import('./faults/FaultBar.svelte'),
  faults: () => import('./faults/FaultsPanel.svelte'),
  fields: () => import('./fields/FieldsPanel.svelte'),
  fieldOffer: () => import('./send/FieldOffer.svelte'),
  fileRuns: () => import('./send/FileRuns.svelte'),
  fileSending: () => import('./send/FileSending.svelte'),
  highlights: () => import('./settings/HighlightRules.svelte'),
  foundNames: () => import('./settings/FoundNames.svelte'),
  framing: () => import('./settings/Framing.svelte'),
  guess: () => import('./log/DecodeGuess.svelte'),
  help: () => import('./shell/Help.svelte'),
  lastSettings: () => import('./settings/LastSettings.svelte'),
  lists: () => import('./lists/ListsPanel.svelte'),
  login: () => import('./shell/Login.svelte'),
  logEnd: () => import('./log/LogEnd.svelte'),
  looksLike: () => import('./log/LooksLike.svelte'),
  message: () => import('./message/MessagePanel.svelte'),
  others: () => import('./share/OtherPages.svelte'),
  openRecording: () => import('./files/OpenRecording.svelte'),
  options: () => import('./settings/OptionFields.svelte'),
  palette: () => import('./shell/Palette.svelte'),
  peers: () => import('./peers/PeerList.svelte'),
  peerChoices: () => import('./send/PeerChoices.svelte'),
  peerDetails: () => import('./peers/PeerDetails.svelte'),
  peerOptions: () => import('./peers/PeerOptions.svelte'),
  peerPicker: () => import('./send/PeerPicker.svelte'),
  portLines: () => import('./peers/PortLines.svelte'),
  rateChart: () => import('./peers/RateChart.svelte'),
  removeTab: () => import('./shell/RemoveTab.svelte'),
  relayForm: () => import('./settings/RelayForm.svelte'),
  rowMenu: () => import('./log/RowMenu.svelte'),
  requestForm: () => import('./send/RequestForm.svelte'),
  rules: () => import('./rules/RulesPanel.svelte'),
  saveData: () => import('./settings/SaveData.svelte'),
  sendSettings: () => import('./settings/SendSettings.svelte'),
  savedMessages: () => import('./send/SavedMessages.svelte'),
  welcome: () => import('./log/Welcome.svelte'),
  textFilter: () => import('../model/textFilter'),
  tcp: () => import('./tcp/TCPView.svelte'),
  viewing: () => import('./share/Viewing.svelte'),
  valueNames: () => import('./log/ValueNames.svelte'),
  why: () => import('./doctor/WhyButton.svelte'),
  workspace: () => import('./workspace/WorkspacePanel.svelte'),
};

/** Loads it all, one after the other, each when the browser is idle. */
export function loadTheRest(): void {
  const rest = Object.values(later);
  const idle = (then: () => void) => ('requestIdleCallback' in globalThis ? requestIdleCallback(then, { timeout: 2000 }) : setTimeout(then, 200));
  const next = () => {
    void rest
      .shift()?.()
      .catch(() => undefined) // who looks at it tries again
      .then(() => idle(next));
  };
  idle(next);
}
