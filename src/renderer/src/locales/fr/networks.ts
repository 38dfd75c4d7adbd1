export const networks = {
  title: 'Réseaux',
  one: 'Réseau',
  filter: 'Filtrer les réseaux',
  predefined: 'intégré',
  columns: { name: 'Nom', driver: 'Pilote', subnet: 'Sous-réseau', members: 'Conteneurs' },
  remove: {
    verb: 'Supprimer',
    titleOne: 'Supprimer {name} ?',
    titleMany: 'Supprimer le réseau ? | Supprimer {n} réseaux ?',
    lost: 'Un réseau où se trouvent des conteneurs ne peut pas être supprimé. | Les réseaux où se trouvent des conteneurs ne peuvent pas être supprimés.',
    confirm: 'Supprimer le réseau | Supprimer {n} réseaux',
    failed: '{name} n’a pas été supprimé',
  },
  empty: { title: 'Aucun réseau', text: 'Les conteneurs d’un même réseau s’atteignent par leur nom.' },
  gone: 'Ce réseau n’existe plus',
  facts: { general: 'Général', id: 'ID', driver: 'Pilote', subnet: 'Sous-réseau', gateway: 'Passerelle', access: 'Accès', internal: 'Interne : aucune sortie vers d’autres réseaux', created: 'Créé', members: 'Conteneurs présents', nobody: 'Aucun.' },
}
