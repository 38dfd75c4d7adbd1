export const hostPaths = {
  title: { file: 'Choose a file', folder: 'Choose a folder', save: 'Save as' },
  text: 'On the machine that Slipway runs on. Tab completes, Alt ↑ goes up.',
  path: 'Path',
  list: 'What is in the folder',
  up: 'Folder above',
  empty: 'Nothing here to choose.',
  shortened: 'Not everything is shown: type the beginning of the name.',
  choose: 'Choose',
  save: 'Save',
  replace: 'Replace the file',
}
