/** The databases as a process of a shop on one machine. */
import { liveWithParent, tellParent } from '../messages';
import { startDatabases } from './threads';

liveWithParent();
process.on('SIGTERM', () => process.exit(0));
startDatabases({
  onListening: (service, port) => tellParent({ type: 'database', service, port }),
  onFailure: (service, error) => {
    console.error(`the database of ${service} failed:`, error);
    process.exit(1);
  },
});
