export const inspect = {
  toolbar: 'Inspection',
  json: 'La réponse du moteur',
  search: 'Chercher une clé ou une valeur',
  copy: 'Copier en JSON',
  item: 'élément',
  items: 'vide | 1 élément | {n} éléments',
}
