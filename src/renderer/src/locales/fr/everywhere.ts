export const everywhere = {
  title: 'Tous les moteurs',
  engine: 'Moteur',
  any: 'Tous les moteurs',
  what: 'Ce qui est listé',
  filter: 'Filtrer par nom, moteur',
  filterEngine: 'De ce moteur seulement',
  on: '{name} sur {engine}',
  open: 'Ouvrir sur {engine}',
  empty: { title: 'Rien de tel ici', text: 'Tout ce que possèdent les moteurs connectés est réuni dans cette liste, chaque objet avec le moteur où il se trouve.' },
}
