export const volumes = {
  title: 'Volumes',
  filter: 'Filtrer les volumes',
  anonymous: 'anonyme ({id})',
  columns: { name: 'Nom', used: 'Utilisé par', place: 'Sur la machine', driver: 'Pilote', created: 'Créé' },
  remove: {
    verb: 'Supprimer',
    titleOne: 'Supprimer {name} ?',
    titleMany: 'Supprimer le volume ? | Supprimer {n} volumes ?',
    used: 'Utilisation par {names} : à supprimer d’abord.',
    lost: 'Tout son contenu est perdu définitivement. | Tout leur contenu est perdu définitivement.',
    confirm: 'Supprimer le volume et ses fichiers | Supprimer {n} volumes et leurs fichiers',
    failed: '{name} n’a pas été supprimé',
  },
  empty: { title: 'Aucun volume pour l’instant', text: 'Un volume garde les fichiers quand son conteneur disparaît. Nommez-en un en lançant un conteneur, ou laissez une image le demander.' },
  gone: 'Ce volume n’existe plus',
  facts: { general: 'Général', driver: 'Pilote', place: 'Sur la machine', created: 'Créé', users: 'Monté dans', unused: 'Aucun conteneur.', labels: 'Étiquettes' },
}
