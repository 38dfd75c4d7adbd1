# bash completion for slipway
_slipway() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words=
  case $previous in
    --data-root | --run-root) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    --socket | --tls-ca | --tls-cert | --tls-key | --registry-password-file | --registry-cert | --registry-key | --engine-socket | --settings) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    --runtime) words='crun runc' ;;
    *)
      if [ "$COMP_CWORD" = 1 ]; then
        words='engine serve doctor docker-context --version --help'
      else
        case ${COMP_WORDS[1]} in
          engine) words='--data-root --run-root --socket --tcp --tls-ca --tls-cert --tls-key --registry --registry-push --registry-user --registry-password-file --registry-cert --registry-key --registry-mirror --insecure-registry --runtime --default-address-pool --log-max-size --log-max-file --http-proxy --https-proxy --no-proxy --stop-containers --debug --version --help' ;;
          serve) words='--port --socket --engine-socket --data-root --run-root --settings' ;;
          docker-context) if [ "$COMP_CWORD" = 2 ]; then words='add remove'; elif [ "${COMP_WORDS[2]}" = add ]; then words='--socket --use'; fi ;;
        esac
      fi ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _slipway slipway
