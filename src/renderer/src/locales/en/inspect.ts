export const inspect = {
  toolbar: 'Inspect',
  json: 'The engine’s answer',
  search: 'Find a key or value',
  copy: 'Copy as JSON',
  item: 'item',
  items: 'empty | 1 item | {n} items',
}
