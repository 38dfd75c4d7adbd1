export const everywhere = {
  title: 'All engines',
  engine: 'Engine',
  any: 'Every engine',
  what: 'What is listed',
  filter: 'Filter by name, engine',
  filterEngine: 'Only of this engine',
  on: '{name} on {engine}',
  open: 'Open on {engine}',
  empty: { title: 'Nothing of this kind here', text: 'What any of the connected engines has is listed here together, each with the engine it lives on.' },
}
