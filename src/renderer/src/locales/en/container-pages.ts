export const containerPages = {
  stats: {
    cpu: 'CPU', memory: 'Memory', network: 'Network', block: 'Disk', pids: 'Processes',
    received: 'Received', sent: 'Sent', read: 'Read', written: 'Written', time: 'Time',
    minutes: '{count} min', span: 'Time in sight', perSecond: '{size}/s', limit: 'of {size} of memory',
    asTable: 'Show as a table', asCharts: 'Show as curves',
    stopped: { title: 'It is not running', text: 'What it uses is measured while it runs and you look.' },
  },
  processes: { stopped: { title: 'It is not running', text: 'Start it to see its processes.' } },
  events: {
    actions: {
      create: 'Created', start: 'Started', stop: 'Stopped', restart: 'Restarted', kill: 'Sent a signal', die: 'Ended', oom: 'Out of memory', destroy: 'Removed',
      pause: 'Paused', unpause: 'Resumed', rename: 'Renamed', update: 'Limits changed', resize: 'Terminal resized', attach: 'Someone attached', detach: 'Someone detached',
      exec_create: 'Command prepared', exec_start: 'Command started', exec_die: 'Command ended', exec_detach: 'Command left running', top: 'Processes listed',
      commit: 'Saved as an image', copy: 'Files copied', archive_path: 'Files copied out', extract_to_dir: 'Files copied in', export: 'Exported', prune: 'Cleaned up',
      health_status_healthy: 'Healthy', health_status_unhealthy: 'Unhealthy', health_status_running: 'Health check started', health_status_starting: 'Health check starting',
    },
    empty: { title: 'Nothing has happened yet', text: 'Starts, stops, health and the rest appear here as they happen.' },
  },
  changes: {
    search: 'Find a file', reload: 'Look again', fold: 'Fold {name}',
    added: 'added | 1 added | {n} added', modified: 'changed | 1 changed | {n} changed', deleted: 'deleted | 1 deleted | {n} deleted',
    empty: { title: 'Nothing was changed', text: 'Its files are those of its image. What is in volumes is not counted.' },
  },
  project: { start: 'Start {name}', stop: 'Stop {name}', restart: 'Restart {name}', remove: 'Remove {name}', logs: 'Logs of {name}', filter: 'Show only {name}', counts: '{running} of {all} running', group: 'Group by project' },
  filter: { state: 'state', label: 'label', network: 'network', project: 'project', image: 'image', onlyRunning: 'Only what runs' },
}
