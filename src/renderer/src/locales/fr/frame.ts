export const frame = {
  rail: 'Lieux',
  status: 'État',
  running: 'rien en marche | 1 en marche | {n} en marche',
  thisMachine: 'Cette machine',
  places: { containers: 'Conteneurs', images: 'Images', volumes: 'Volumes', networks: 'Réseaux', ports: 'Ports', logs: 'Journaux', engine: 'Moteur', settings: 'Réglages' },
  engine: {
    open: 'À propos du moteur et de cette machine',
    ready: 'Moteur prêt',
    starting: 'Démarrage du moteur…',
    reconnecting: 'Reconnexion…',
    failed: 'Moteur indisponible',
    unreachable: 'Reconnexion à Slipway…',
    unreachableReason: 'Slipway s’est arrêté ou ne répond pas. Les conteneurs continuent.',
  },
  work: {
    title: 'Travaux en cours',
    pull: 'Téléchargement de {subject}',
    run: 'Lancement de {subject}',
    saveLogs: 'Enregistrement du journal de { subject }',
    failed: 'Échec de {subject}',
    cancel: 'Annuler {subject}',
    more: '+{n} | +{n}',
  },
}

export const palette = {
  title: 'Aller ou agir',
  placeholder: 'Aller à un conteneur, une image, une page, ou agir…',
  run: 'Lancer un conteneur',
  pull: 'Télécharger une image',
  theme: 'Basculer entre clair et sombre',
  language: 'Switch to English',
  restartEngine: 'Redémarrer le moteur',
  deed: '{deed} {name}',
  groups: { recent: 'Récents', actions: 'Actions', pages: 'Pages', containers: 'Conteneurs', projects: 'Projets Compose', images: 'Images', volumes: 'Volumes', networks: 'Réseaux', settings: 'Réglages' },
}
