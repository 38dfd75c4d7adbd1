export const notices = {
  crash: '{name} s’est arrêté brutalement (code {code})',
  memory: '{name} a manqué de mémoire',
  unhealthy: '{name} n’est plus en bonne santé',
  done: '{subject} : terminé',
  open: 'Voir son journal',
}
