export const containerPages = {
  stats: {
    cpu: 'Processeur', memory: 'Mémoire', network: 'Réseau', block: 'Disque', pids: 'Processus',
    received: 'Reçu', sent: 'Envoyé', read: 'Lu', written: 'Écrit', time: 'Heure',
    minutes: '{count} min', span: 'Durée affichée', perSecond: '{size}/s', limit: 'sur {size} de mémoire',
    asTable: 'Afficher en tableau', asCharts: 'Afficher en courbes',
    stopped: { title: 'Il n’est pas en marche', text: 'Sa consommation est mesurée quand il tourne et que vous la regardez.' },
  },
  processes: { stopped: { title: 'Il n’est pas en marche', text: 'Démarrez-le pour voir ses processus.' } },
  events: {
    actions: {
      create: 'Créé', start: 'Démarré', stop: 'Arrêté', restart: 'Redémarré', kill: 'Signal envoyé', die: 'Terminé', oom: 'Mémoire épuisée', destroy: 'Supprimé',
      pause: 'Mis en pause', unpause: 'Repris', rename: 'Renommé', update: 'Limites changées', resize: 'Terminal redimensionné', attach: 'Quelqu’un s’est attaché', detach: 'Quelqu’un s’est détaché',
      exec_create: 'Commande préparée', exec_start: 'Commande lancée', exec_die: 'Commande terminée', exec_detach: 'Commande laissée en marche', top: 'Processus listés',
      commit: 'Enregistré comme image', copy: 'Fichiers copiés', archive_path: 'Fichiers copiés vers l’extérieur', extract_to_dir: 'Fichiers copiés dedans', export: 'Exporté', prune: 'Nettoyé',
      health_status_healthy: 'En bonne santé', health_status_unhealthy: 'En mauvaise santé', health_status_running: 'Contrôle de santé lancé', health_status_starting: 'Contrôle de santé en attente',
    },
    empty: { title: 'Il ne s’est encore rien passé', text: 'Démarrages, arrêts, santé et le reste apparaissent ici à mesure.' },
  },
  changes: {
    search: 'Trouver un fichier', reload: 'Regarder à nouveau', fold: 'Replier {name}',
    added: 'ajouté | 1 ajouté | {n} ajoutés', modified: 'modifié | 1 modifié | {n} modifiés', deleted: 'supprimé | 1 supprimé | {n} supprimés',
    empty: { title: 'Rien n’a changé', text: 'Ses fichiers sont ceux de son image. Le contenu des volumes n’est pas compté.' },
  },
  project: { start: 'Démarrer {name}', stop: 'Arrêter {name}', restart: 'Redémarrer {name}', remove: 'Supprimer {name}', logs: 'Journal de {name}', filter: 'N’afficher que {name}', counts: '{running} sur {all} en marche', group: 'Grouper par projet' },
  filter: { state: 'état', label: 'étiquette', network: 'réseau', project: 'projet', image: 'image', onlyRunning: 'Seulement ce qui tourne' },
}
