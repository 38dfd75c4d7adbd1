# fish completion for slipway
complete -c slipway -f
set -l none __fish_use_subcommand
complete -c slipway -n $none -a engine -d 'run the container engine without the app'
complete -c slipway -n $none -a serve -d 'serve the app to a browser'
complete -c slipway -n $none -a doctor -d 'say what this machine has and lacks'
complete -c slipway -n $none -a docker-context -d 'let docker clients use Slipway'
complete -c slipway -n $none -l version -d 'print the version'
complete -c slipway -n $none -l help -d 'print help'
for word in data-root run-root socket
    complete -c slipway -n '__fish_seen_subcommand_from engine serve' -l $word -r -F
end
for word in tls-ca tls-cert tls-key registry-password-file registry-cert registry-key
    complete -c slipway -n '__fish_seen_subcommand_from engine' -l $word -r -F
end
for word in tcp registry registry-user registry-mirror insecure-registry default-address-pool log-max-size log-max-file http-proxy https-proxy no-proxy
    complete -c slipway -n '__fish_seen_subcommand_from engine' -l $word -x
end
complete -c slipway -n '__fish_seen_subcommand_from engine' -l runtime -x -a 'crun runc'
complete -c slipway -n '__fish_seen_subcommand_from engine' -l registry-push -d 'who shows the password may push'
complete -c slipway -n '__fish_seen_subcommand_from engine' -l stop-containers -d 'stop containers with the engine'
complete -c slipway -n '__fish_seen_subcommand_from engine' -l debug -d 'say more'
complete -c slipway -n '__fish_seen_subcommand_from serve' -l port -x
complete -c slipway -n '__fish_seen_subcommand_from serve' -l engine-socket -r -F
complete -c slipway -n '__fish_seen_subcommand_from serve' -l settings -r -F
complete -c slipway -n '__fish_seen_subcommand_from docker-context' -a 'add remove'
complete -c slipway -n '__fish_seen_subcommand_from docker-context' -l use -d 'make it the current one'
