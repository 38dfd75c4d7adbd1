export const hostPaths = {
  title: { file: 'Choisir un fichier', folder: 'Choisir un dossier', save: 'Enregistrer sous' },
  text: 'Sur la machine où tourne Slipway. Tab complète, Alt ↑ remonte.',
  path: 'Chemin',
  list: 'Contenu du dossier',
  up: 'Dossier parent',
  empty: 'Rien à choisir ici.',
  shortened: 'Tout n’est pas affiché : tapez le début du nom.',
  choose: 'Choisir',
  save: 'Enregistrer',
  replace: 'Remplacer le fichier',
}
